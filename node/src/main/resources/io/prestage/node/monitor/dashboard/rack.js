// One cell a server, from ten with names to thousands as a mosaic; a grid that arrow keys walk.
import { percent, rate } from '/assets/format.js';
import { inRackOrder } from '/assets/fleet.js';

const DENSE = 48; // servers from which cells carry no text

export class Rack {
  constructor(box) {
    this.box = box;
    this.cells = new Map();
    this.columns = 1;
    this.order = [];
    box.addEventListener('keydown', (event) => this.walk(event));
    new ResizeObserver(() => this.arrange()).observe(box);
  }

  show(view) {
    const servers = inRackOrder(view.servers);
    const known = new Set(servers.map((server) => server.member.id));
    for (const [id, cell] of this.cells) {
      if (!known.has(id)) { cell.remove(); this.cells.delete(id); }
    }
    const order = servers.map((server) => server.member.id);
    const moved = order.join() !== this.order.join();
    this.order = order;
    servers.forEach((server) => this.paint(server));
    if (moved) {
      this.box.append(...order.map((id) => this.cells.get(id)));
      this.arrange();
    }
  }

  paint(server) {
    const { member, progress } = server;
    let cell = this.cells.get(member.id);
    if (!cell) {
      cell = document.createElement('a');
      cell.append(document.createElement('i'), document.createElement('span'), document.createElement('span'));
      cell.setAttribute('role', 'gridcell');
      cell.tabIndex = this.cells.size === 0 ? 0 : -1;
      this.cells.set(member.id, cell);
    }
    const done = percent(progress.verifiedBytes, progress.planBytes);
    const [level, name, figure] = cell.children;
    cell.href = `#/server/${encodeURIComponent(member.name)}`;
    cell.className = `cell ${server.state}${member.seed ? ' seed' : ''}${server.present ? '' : ' gone'}`;
    cell.dataset.name = member.name;
    cell.dataset.state = server.state;
    level.style.height = `${done}%`;
    name.textContent = member.name;
    figure.textContent = server.state === 'filling' ? `${done}%  ${rate(progress.bytesPerSecond)}` : `${done}%  ${server.state}`;
    const words = `${member.name}${member.seed ? ', seed' : ''}: ${server.state}, ${done}%${server.reason ? `, ${server.reason}` : ''}`;
    cell.setAttribute('aria-label', words);
    cell.title = words;
  }

  /** As many columns as make the cells fill the box. */
  arrange() {
    const count = this.cells.size;
    const { clientWidth: width, clientHeight: height } = this.box;
    if (!count || !width) return;
    const dense = count > DENSE;
    const aspect = dense ? 1 : 2.6;
    this.columns = Math.max(1, Math.min(count, Math.ceil(Math.sqrt((count * width) / (height * aspect)))));
    const rows = Math.ceil(count / this.columns);
    const gap = dense ? 2 : 5;
    const rowHeight = Math.max(dense ? 6 : 44, Math.min(dense ? 60 : 96, Math.floor((height - 6 - gap * (rows - 1)) / rows)));
    this.box.classList.toggle('dense', dense);
    this.box.style.gridTemplateColumns = `repeat(${this.columns}, minmax(0, 1fr))`;
    this.box.style.gridAutoRows = `${rowHeight}px`;
    this.box.setAttribute('aria-colcount', this.columns);
    this.box.setAttribute('aria-rowcount', rows);
  }

  walk(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.columns, ArrowUp: -this.columns, Home: -1e9, End: 1e9 };
    const step = steps[event.key];
    if (!step || !event.target.classList.contains('cell')) return;
    event.preventDefault();
    const cells = this.order.map((id) => this.cells.get(id));
    const to = cells[Math.max(0, Math.min(cells.length - 1, cells.indexOf(event.target) + step))];
    cells.forEach((cell) => { cell.tabIndex = -1; });
    to.tabIndex = 0;
    to.focus();
  }
}
