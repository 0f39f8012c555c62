// Throughput and bytes over time, drawn by uPlot.
import { bytes, clock, color, rate } from '/assets/format.js';

const MOST = 1200;

export class Charts {
  constructor() {
    this.points = [];
    this.make();
    new ResizeObserver(() => this.resize()).observe(document.getElementById('rate-chart'));
  }

  /** After a change of colours. */
  restyle() {
    this.rates.destroy();
    this.totals.destroy();
    this.make();
    this.draw();
  }

  history(points) {
    this.points = points;
    this.draw();
  }

  add(view) {
    const { verifiedBytes, originBytes, peerBytes } = view.totals;
    this.points.push({ atMillis: Date.now(), verifiedBytes, originBytes, peerBytes });
    if (this.points.length > MOST) this.points = this.points.filter((_, index) => index % 2 === 0);
    this.draw();
  }

  make() {
    const axis = (values, size) => ({
      stroke: color('quiet'), size, font: `${this.fontSize()}px system-ui, sans-serif`, values,
      grid: { stroke: color('line'), width: 1 }, ticks: { show: false },
    });
    const time = axis((_, ticks) => ticks.map((tick) => clock(new Date(tick * 1000))), 30);
    time.space = 110;
    const line = (name, fill) => ({ stroke: color(name), width: 2, fill: fill ? `${color(name)}33` : undefined, points: { show: false } });
    const options = (id, values, series) => ({
      ...this.size(id), legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
      scales: { x: { time: true }, y: { range: (_, low, high) => [0, Math.max(high, 1e6) * 1.08] } },
      axes: [time, axis(values, 92)], series: [{}, ...series],
    });
    this.rates = new uPlot(
      options('rate-chart', (_, ticks) => ticks.map((tick) => (tick ? rate(tick) : '0')), [line('peers', true), line('origin')]),
      [[], [], []], document.getElementById('rate-chart'));
    this.totals = new uPlot(
      options('bytes-chart', (_, ticks) => ticks.map((tick) => (tick ? bytes(tick) : '0')), [line('staged', true), line('origin')]),
      [[], [], []], document.getElementById('bytes-chart'));
  }

  fontSize() {
    return Math.round(0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize));
  }

  size(id) {
    const box = document.getElementById(id);
    return { width: Math.max(200, box.clientWidth), height: Math.max(120, box.clientHeight) };
  }

  resize() {
    this.rates.setSize(this.size('rate-chart'));
    this.totals.setSize(this.size('bytes-chart'));
  }

  draw() {
    const points = this.relevant();
    const times = points.map((point) => point.atMillis / 1000);
    this.totals.setData([times, points.map((point) => point.verifiedBytes), points.map((point) => point.originBytes)]);
    this.rates.setData([times, slopes(points, 'peerBytes'), slopes(points, 'originBytes')]);
  }

  /** A fleet may wait for hours: what counts begins shortly before the first byte and ends shortly after the last. */
  relevant() {
    const moved = (point) => point.originBytes + point.peerBytes;
    const last = this.points.length - 1;
    let from = this.points.findIndex((point, index) => index === last || moved(this.points[index + 1]) !== moved(this.points[0]));
    let to = last;
    while (to > 0 && moved(this.points[to - 1]) === moved(this.points[last])) to--;
    const tail = this.points.filter((point, index) => index > to && point.atMillis < this.points[to].atMillis + 30000);
    return this.points.slice(Math.max(0, from - 2), to + 1 + tail.length);
  }
}

/** Growth a second at each point, over four points, two reports of a server, so that a late one makes no spike. */
function slopes(points, key) {
  return points.map((point, index) => {
    const before = points[Math.max(0, index - 4)];
    const span = (point.atMillis - before.atMillis) / 1000;
    return span > 0 ? Math.max(0, (point[key] - before[key]) / span) : 0;
  });
}
