// Puts the page together: what comes from the fleet goes to each of its parts.
import { bytes, clock, duration, element, percent, plural, rate, setFigure, setText } from '/assets/format.js';
import { byUrgency, listen } from '/assets/fleet.js';
import { Charts } from '/assets/charts.js';
import { Flow } from '/assets/flow.js';
import { Rack } from '/assets/rack.js';
import { ServerPage } from '/assets/server.js';
import { Table } from '/assets/table.js';

const STATES = ['complete', 'filling', 'waiting', 'stalled', 'failed'];
const MOST_STUCK = 6;
const REPORT_OVERDUE = 4000; // milliseconds without growth after which a server is taken to fetch nothing

let view = null;

// What each server had from the origin when that last grew, when that was, and how fast.
const pulls = new Map();

// Colours: the system's, unless the person chose.
const dark = matchMedia('(prefers-color-scheme: dark)');
function restyle() {
  const chosen = localStorage.getItem('theme');
  document.documentElement.classList.toggle('dark', chosen ? chosen === 'dark' : dark.matches);
}
restyle();

const charts = new Charts();
const rack = new Rack(document.getElementById('rack'));
const flow = new Flow(document.getElementById('flow'), document.getElementById('flow-note'));
const table = new Table();
const fleet = listen({ onFleet, onHistory: (points) => charts.history(points), onLink });
const page = new ServerPage(fleet.host);

document.getElementById('theme').addEventListener('click', () => {
  localStorage.setItem('theme', document.documentElement.classList.contains('dark') ? 'light' : 'dark');
  recolor();
});
dark.addEventListener('change', recolor);
function recolor() {
  restyle();
  charts.restyle();
  flow.restyle();
}

function onLink(state, host) {
  const link = document.getElementById('link');
  link.className = `link ${state}`;
  const words = { live: `live from ${host}`, moving: `${host} does not answer: asking another server …`, dead: `${host} does not answer: trying again …` };
  setText('link-text', words[state]);
}

function onFleet(next) {
  view = next;
  document.body.dataset.seen = String(Date.now());
  setText('cluster', `cluster ${view.cluster}`);
  setText('plan', view.plan ? view.plan.plan.slice(0, 19) + '…' : '');
  setText('seen-by', view.seenBy);
  charts.add(view);
  render();
}

function render() {
  if (page.name) {
    page.show(view);
  } else {
    hero();
    stuck();
    tiles();
    rack.show(view);
    flow.show(view, originRates());
    table.show(view);
  }
}

function hero() {
  const { totals, states, servers } = view;
  const done = percent(totals.verifiedBytes, totals.planBytes);
  const stuckCount = states.stalled + states.failed;
  setFigure('percent', done, String(done));
  setText('headline', headline(stuckCount));
  setText('subline', view.plan ? `${bytes(totals.verifiedBytes)} of ${bytes(totals.planBytes)} on ${plural(servers.length, 'server')}, ${plural(view.seeds, 'seed')}` : 'no seed has offered a plan yet');
  const allDone = servers.length > 0 && view.complete === servers.length;
  setText('left', view.millisLeft == null ? (allDone ? 'done' : '–') : duration(view.millisLeft));
  setText('done-at', view.millisLeft == null ? '' : `done at ${clock(new Date(Date.now() + view.millisLeft))}${stuckCount ? ', but for the stuck' : ''}`);
  bar(done);
  const list = document.getElementById('states');
  if (!list.children.length) {
    list.append(...STATES.map((state) => element('li', { class: state, 'data-state': state }, element('i', { class: 'dot' }), element('b'), element('span', {}, state))));
  }
  STATES.forEach((state, index) => {
    const item = list.children[index];
    item.classList.toggle('none', states[state] === 0);
    item.children[1].textContent = states[state];
  });
  document.title = `${done}% ${stuckCount ? `· ${stuckCount} stuck ` : ''}· Prestage`;
}

function headline(stuckCount) {
  const count = view.servers.length;
  if (!view.plan) return `${plural(count, 'server')} waiting for a seed`;
  if (view.complete === count) return count === 1 ? 'The server is complete' : `All ${count} servers are complete`;
  const stuckText = stuckCount ? `, ${stuckCount} stuck` : '';
  return `${view.complete} of ${plural(count, 'server')} complete${stuckText}`;
}

/** The share of the fleet's bytes by the state of the server that holds them. */
function bar(done) {
  const box = document.getElementById('bar');
  if (!box.children.length) box.append(...STATES.map((state) => element('span', { class: state })));
  STATES.forEach((state, index) => {
    const held = view.servers.filter((server) => server.state === state).reduce((sum, server) => sum + server.progress.verifiedBytes, 0);
    box.children[index].style.width = `${view.totals.planBytes ? (100 * held) / view.totals.planBytes : 0}%`;
  });
  box.setAttribute('aria-valuenow', done);
  box.setAttribute('aria-valuetext', `${done} percent`);
}

function stuck() {
  const servers = view.servers.filter((server) => server.state === 'stalled' || server.state === 'failed').sort(byUrgency);
  const list = document.getElementById('stuck-list');
  document.getElementById('stuck').hidden = servers.length === 0;
  const items = servers.slice(0, MOST_STUCK).map((server) => element('li', { class: server.state },
    element('i', { class: 'dot' }),
    element('b', {}, element('a', { href: `#/server/${encodeURIComponent(server.member.name)}` }, server.member.name), ` ${server.state}`),
    element('span', {}, server.reason)));
  if (servers.length > MOST_STUCK) items.push(element('li', {}, `and ${servers.length - MOST_STUCK} more, see the table`));
  if (list.textContent !== items.map((item) => item.textContent).join('')) list.replaceChildren(...items);
}

function tiles() {
  const { totals } = view;
  const servers = view.servers.filter((server) => server.state === 'filling').length;
  setFigure('rate', totals.bytesPerSecond, rate(totals.bytesPerSecond));
  setText('rate-note', servers ? `into ${plural(servers, 'server')}` : 'nothing is filling');
  setFigure('staged', totals.verifiedBytes, bytes(totals.verifiedBytes));
  setText('staged-note', `of ${bytes(totals.planBytes)}`);
  setFigure('origin', totals.originBytes, bytes(totals.originBytes));
  setText('origin-note', totals.uniqueBytes ? `${((totals.originBytes / totals.uniqueBytes) || 0).toFixed(2)} times the ${bytes(totals.uniqueBytes)} of the plan` : '');
  const saved = Math.max(0, totals.verifiedBytes - totals.originBytes);
  setText('saved', bytes(saved));
  setText('saved-note', totals.originBytes > 0 ? `${(totals.verifiedBytes / totals.originBytes).toFixed(1)} bytes staged for each fetched` : '');
}

/**
 * Bytes a second from the origin by server. Servers report every two seconds while views come every second, so a rate counts from the
 * last growth and is held until a report is overdue.
 */
function originRates() {
  const now = performance.now();
  const rates = new Map();
  for (const server of view.servers) {
    const { id } = server.member;
    const pulledBytes = server.progress.originBytes;
    const last = pulls.get(id);
    if (!last || pulledBytes < last.bytes) {
      pulls.set(id, { bytes: pulledBytes, at: now, rate: 0 });
    } else if (pulledBytes > last.bytes) {
      const span = Math.min(now - last.at, REPORT_OVERDUE);
      pulls.set(id, { bytes: pulledBytes, at: now, rate: span > 0 ? (pulledBytes - last.bytes) * 1000 / span : 0 });
    } else if (now - last.at > REPORT_OVERDUE) {
      last.rate = 0;
    }
    const { rate: pulled } = pulls.get(id);
    if (pulled > 0) rates.set(id, pulled);
  }
  return rates;
}

function route() {
  const match = location.hash.match(/^#\/server\/(.+)$/);
  document.getElementById('fleet-page').hidden = Boolean(match);
  document.getElementById('server-page').hidden = !match;
  if (match) {
    page.open(decodeURIComponent(match[1]), view);
    scrollTo(0, 0);
    document.getElementById('s-name').setAttribute('tabindex', '-1');
    document.getElementById('s-name').focus();
  } else {
    page.close();
    if (view) render();
    charts.resize();
  }
}
addEventListener('hashchange', route);
route();
