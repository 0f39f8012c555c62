// Who feeds whom, as a living picture: servers on a ring around the origin, an arc for each feed, drops that run along it.
import { color, plural, rate } from '/assets/format.js';
import { inRackOrder } from '/assets/fleet.js';

const MOST_ARCS = 400; // the busiest; more than that is a blur anyway
const STATES = ['waiting', 'filling', 'complete', 'stalled', 'failed'];

export class Flow {
  constructor(canvas, note) {
    this.canvas = canvas;
    this.note = note;
    this.nodes = [];
    this.feeds = [];
    this.still = matchMedia('(prefers-reduced-motion: reduce)');
    this.restyle();
    new ResizeObserver(() => { this.place(); this.draw(performance.now()); }).observe(canvas);
    this.frame = this.frame.bind(this);
    requestAnimationFrame(this.frame);
  }

  restyle() {
    this.colors = Object.fromEntries([...STATES, 'origin', 'peers', 'text', 'quiet', 'line', 'panel'].map((name) => [name, color(name)]));
  }

  show(view, originRates) {
    const servers = inRackOrder(view.servers);
    this.nodes = servers.map((server) => ({ id: server.member.id, name: server.member.name, state: server.state, seed: server.member.seed }));
    const known = new Map(this.nodes.map((node) => [node.id, node]));
    const feeds = [];
    for (const server of servers) {
      const to = known.get(server.member.id);
      const pulled = originRates.get(server.member.id) || 0;
      if (pulled > 0) feeds.push({ from: null, to, rate: pulled });
      if (server.state === 'complete' || !server.present) continue;
      for (const feeder of server.feeders) {
        const from = known.get(feeder.id);
        if (from) feeds.push({ from, to, rate: feeder.bytesPerSecond });
      }
    }
    feeds.sort((one, other) => other.rate - one.rate);
    this.feeds = feeds.slice(0, MOST_ARCS);
    this.fastest = this.feeds.length ? this.feeds[0].rate : 1;
    const between = feeds.filter((feed) => feed.from);
    const text = feeds.length === 0 ? 'nothing moves at present'
      : `${plural(between.length, 'feed')} between servers, the fastest at ${rate(between.length ? between[0].rate : 0)}`;
    if (this.note.textContent !== text) this.note.textContent = text;
    this.canvas.setAttribute('aria-label', `Who feeds whom: ${this.words(between, feeds)}`);
    this.place();
  }

  words(between, feeds) {
    const origin = feeds.filter((feed) => !feed.from).map((feed) => `the origin feeds ${feed.to.name} at ${rate(feed.rate)}`);
    const servers = between.slice(0, 12).map((feed) => `${feed.from.name} feeds ${feed.to.name} at ${rate(feed.rate)}`);
    return [...origin, ...servers].join('; ') || 'nothing moves at present';
  }

  place() {
    const ratio = devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this.font = Math.round(0.85 * parseFloat(getComputedStyle(document.documentElement).fontSize));
    this.labelled = this.nodes.length <= 40;
    this.center = { x: width / 2, y: height / 2 };
    const spare = this.labelled ? 1.7 * this.font + 14 : 12;
    const rx = width / 2 - (this.labelled ? 7 * this.font : 16);
    const ry = height / 2 - spare;
    this.dot = Math.max(1.5, Math.min(8, (2.2 * (rx + ry)) / Math.max(1, this.nodes.length) / 2));
    this.nodes.forEach((node, index) => {
      const angle = (2 * Math.PI * index) / this.nodes.length - Math.PI / 2;
      node.angle = angle;
      node.x = this.center.x + rx * Math.cos(angle);
      node.y = this.center.y + ry * Math.sin(angle);
    });
  }

  frame(now) {
    // Twenty pictures a second are enough, and none while nobody looks.
    if (!document.hidden && this.canvas.offsetParent && now - (this.drawn || 0) > 50) {
      this.drawn = now;
      this.draw(now);
    }
    requestAnimationFrame(this.frame);
  }

  draw(now) {
    const ratio = devicePixelRatio || 1;
    const pen = this.canvas.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (const feed of this.feeds) this.arc(pen, feed, now);
    if (this.feeds.some((feed) => !feed.from)) this.origin(pen);
    for (const node of this.nodes) this.server(pen, node);
  }

  arc(pen, feed, now) {
    const from = feed.from || this.center;
    const { to } = feed;
    const share = Math.sqrt(feed.rate / this.fastest);
    // Bent towards the middle, and to the right of its way, so that there and back are two arcs.
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
    const bend = feed.from ? 0.35 : 0;
    const side = feed.from ? 0.08 : 0.12;
    const control = {
      x: middle.x + (this.center.x - middle.x) * bend - (to.y - from.y) * side,
      y: middle.y + (this.center.y - middle.y) * bend + (to.x - from.x) * side,
    };
    pen.strokeStyle = feed.from ? this.colors.peers : this.colors.origin;
    pen.globalAlpha = 0.12 + 0.3 * share;
    pen.lineWidth = 0.6 + 2.4 * share;
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.quadraticCurveTo(control.x, control.y, to.x, to.y);
    pen.stroke();
    if (this.still.matches) { pen.globalAlpha = 1; return; }
    pen.fillStyle = pen.strokeStyle;
    pen.globalAlpha = 0.95;
    const drops = feed.from ? 1 : 3;
    for (let drop = 0; drop < drops; drop++) {
      const t = ((now / 1600) * (0.5 + share) + drop / drops + to.angle) % 1;
      const u = 1 - ((t + 1) % 1);
      const v = 1 - u;
      pen.beginPath();
      pen.arc(u * u * from.x + 2 * u * v * control.x + v * v * to.x, u * u * from.y + 2 * u * v * control.y + v * v * to.y,
        1.2 + 1.6 * share, 0, 7);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  origin(pen) {
    pen.fillStyle = this.colors.origin;
    pen.beginPath();
    pen.arc(this.center.x, this.center.y, 9, 0, 7);
    pen.fill();
    pen.font = `600 ${this.font}px system-ui, sans-serif`;
    pen.textAlign = 'center';
    pen.fillStyle = this.colors.text;
    pen.fillText('origin', this.center.x, this.center.y + 9 + 1.1 * this.font);
  }

  server(pen, node) {
    pen.fillStyle = this.colors[node.state];
    pen.beginPath();
    pen.arc(node.x, node.y, node.seed ? this.dot * 1.35 : this.dot, 0, 7);
    pen.fill();
    const stuck = node.state === 'stalled' || node.state === 'failed';
    if (stuck || node.seed) {
      pen.strokeStyle = stuck ? this.colors[node.state] : this.colors.origin;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(node.x, node.y, this.dot + 4, 0, 7);
      pen.stroke();
    }
    if (!this.labelled && !stuck) return;
    const right = Math.cos(node.angle);
    pen.font = `${stuck ? '600 ' : ''}${this.font}px system-ui, sans-serif`;
    pen.fillStyle = stuck ? this.colors[node.state] : this.colors.text;
    pen.textAlign = Math.abs(right) < 0.15 ? 'center' : right > 0 ? 'left' : 'right';
    const away = this.dot + 6;
    if (Math.abs(right) >= 0.15) pen.fillText(node.name, node.x + Math.sign(right) * away, node.y + 0.35 * this.font);
    else pen.fillText(node.name, node.x, Math.sin(node.angle) < 0 ? node.y - away - 2 : node.y + away + 0.9 * this.font);
  }
}
