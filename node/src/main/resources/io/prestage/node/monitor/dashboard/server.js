// The page of one server: what the fleet knows of it, and its blobs and events, which its own node tells.
import { bytes, clock, duration, element, percent, rate, setText } from '/assets/format.js';
import { receiving, safety, why } from '/assets/table.js';

export class ServerPage {
  /** @param host who to ask: any node passes the question on to the server's own */
  constructor(host) {
    this.host = host;
    this.name = null;
  }

  open(name, view) {
    this.name = name;
    this.detail = null;
    document.getElementById('s-blobs').replaceChildren();
    document.getElementById('s-events').replaceChildren();
    setText('s-name', name);
    if (view) this.show(view);
  }

  close() {
    this.name = null;
  }

  show(view) {
    const server = view.servers.find((each) => each.member.name === this.name);
    const problem = document.getElementById('s-problem');
    if (!server) {
      problem.hidden = false;
      problem.textContent = `The fleet has no server called ${this.name}.`;
      return;
    }
    const { member, progress } = server;
    const done = percent(progress.verifiedBytes, progress.planBytes);
    setText('s-percent', String(done));
    setText('s-state', `${server.state}${member.seed ? ', a seed' : ''} · ${member.host} · ${bytes(progress.verifiedBytes)} of ${bytes(progress.planBytes)}`);
    setText('s-left', server.millisLeft == null ? (server.state === 'complete' ? 'done' : '–') : duration(server.millisLeft));
    setText('s-power', `safe to power off: ${safety(server)}`);
    const bar = document.getElementById('s-bar');
    bar.replaceChildren(element('span', { class: server.state }));
    bar.firstChild.style.width = `${done}%`;
    bar.setAttribute('aria-valuenow', done);
    problem.hidden = !why(server) || server.state === 'complete' || server.state === 'filling';
    problem.textContent = why(server);
    this.facts(server);
    this.ask();
  }

  facts(server) {
    const { member, progress } = server;
    const facts = {
      'Receives': rate(receiving(server)), 'From the origin': bytes(progress.originBytes), 'From peers': bytes(progress.peerBytes),
      'Sent to peers': bytes(progress.sentBytes), 'Wasted': bytes(progress.wastedBytes), 'Peers': String(progress.peers),
      'Blobs': `${progress.blobsComplete} of ${progress.blobs}`, 'Filling for': duration(progress.elapsedMillis),
      'Its own page': `${member.host}:${member.httpPort}`,
    };
    const list = document.getElementById('s-facts');
    if (list.children.length !== Object.keys(facts).length) {
      list.replaceChildren(...Object.keys(facts).map((name) => element('div', {}, element('dt', {}, name), element('dd'))));
      list.lastChild.lastChild.append(element('a', { href: `http://${member.host}:${member.httpPort}/` }, ''));
    }
    Object.values(facts).forEach((text, index) => {
      const place = list.children[index].lastChild;
      const into = place.firstElementChild || place;
      if (into.textContent !== text) into.textContent = text;
    });
  }

  async ask() {
    const asked = this.name;
    if (this.asking) return;
    this.asking = true;
    try {
      const answer = await fetch(`${location.protocol}//${this.host()}/api/v1/node?server=${encodeURIComponent(asked)}`);
      const detail = await answer.json();
      if (this.name !== asked) return;
      if (answer.ok) this.details(detail);
      else setText('s-blob-note', detail.problem);
    } catch {
      setText('s-blob-note', 'its details cannot be had at present');
    } finally {
      this.asking = false;
    }
  }

  details({ blobs, events }) {
    setText('s-blob-note', `${blobs.filter((blob) => blob.complete).length} of ${blobs.length} complete`);
    const list = document.getElementById('s-blobs');
    const rows = [...blobs].sort((one, other) => Number(one.complete) - Number(other.complete) || other.bytes - one.bytes).slice(0, 300);
    list.replaceChildren(...rows.map((blob) => {
      const level = element('span', { class: blob.complete ? 'complete' : 'filling' });
      level.style.width = `${percent(blob.verifiedBytes, blob.bytes)}%`;
      return element('li', { class: blob.complete ? 'complete' : 'filling' },
        element('span', { class: 'mono', title: blob.digest }, `${blob.digest.slice(0, 26)}…`),
        element('span', {}, bytes(blob.bytes)),
        element('span', { class: 'mini', role: 'img', 'aria-label': `${percent(blob.verifiedBytes, blob.bytes)}%` }, level));
    }));
    document.getElementById('s-events').replaceChildren(...events.map((event) =>
      element('li', { class: event.severity.toLowerCase() },
        element('time', { datetime: event.at }, clock(new Date(event.at))),
        element('b', {}, event.what),
        [event.why && `: ${event.why}`, event.next && `; ${event.next}`].filter(Boolean).join(''),
        element('span', { class: 'quiet mono' }, [event.blob && ` ${event.blob.slice(0, 19)}…`, event.peer && ` ${event.peer}`].filter(Boolean).join('')))));
  }
}
