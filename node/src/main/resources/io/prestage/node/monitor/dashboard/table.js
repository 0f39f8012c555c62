// The table of servers: sorts by any column, filters by words and by state.
import { bytes, duration, element, percent, plural, rate } from '/assets/format.js';
import { byName, byUrgency } from '/assets/fleet.js';

const PAGE = 100; // rows until asked for more: a thousand rows a second are more than a browser likes

const share = (server) => (server.progress.planBytes ? server.progress.verifiedBytes / server.progress.planBytes : 0);

const COLUMNS = [
  { key: 'state', title: 'State', order: byUrgency },
  { key: 'name', title: 'Server', order: byName },
  { key: 'address', title: 'Address', order: (a, b) => a.member.host.localeCompare(b.member.host, undefined, { numeric: true }) },
  { key: 'done', title: 'Done', order: (a, b) => share(a) - share(b) },
  { key: 'rate', title: 'Receives', number: true, order: (a, b) => receiving(a) - receiving(b) },
  { key: 'left', title: 'Time left', number: true, order: (a, b) => (a.millisLeft ?? 1e15) - (b.millisLeft ?? 1e15) },
  { key: 'origin', title: 'From origin', number: true, order: (a, b) => a.progress.originBytes - b.progress.originBytes },
  { key: 'sent', title: 'Sent', number: true, order: (a, b) => a.progress.sentBytes - b.progress.sentBytes },
  { key: 'safe', title: 'Safe to power off', order: (a, b) => Number(b.safeToPowerOff) - Number(a.safeToPowerOff) },
  { key: 'reason', title: 'Why', order: (a, b) => why(a).localeCompare(why(b)) },
];

export const receiving = (server) => (server.present && server.state !== 'complete' ? server.progress.bytesPerSecond : 0);

export const why = (server) => server.reason || server.member.withdrawn || '';

export function safety(server) {
  if (!server.present) return server.progress.phase === 'COMPLETE' ? 'has left' : 'has left incomplete';
  if (server.safeToPowerOff) return 'yes';
  if (server.progress.phase !== 'COMPLETE') return 'no: not complete';
  return `no: alone holds ${plural(server.soleHolderOf, 'piece')}`;
}

export class Table {
  constructor() {
    this.sort = COLUMNS[0];
    this.up = true;
    this.most = PAGE;
    this.rows = new Map();
    this.body = document.getElementById('rows');
    this.filter = document.getElementById('filter');
    this.state = document.getElementById('state-filter');
    this.more = document.getElementById('more');
    this.filter.addEventListener('input', () => this.draw());
    this.state.addEventListener('change', () => this.draw());
    this.more.addEventListener('click', () => { this.most += 5 * PAGE; this.draw(); });
    this.heads = COLUMNS.map((column) => this.head(column));
    document.getElementById('columns').append(...this.heads);
    this.mark();
  }

  show(view) {
    this.servers = view.servers;
    this.draw();
  }

  only(state) {
    this.state.value = this.state.value === state ? '' : state;
    this.draw();
  }

  head(column) {
    const button = element('button', { type: 'button' }, column.title);
    button.addEventListener('click', () => {
      this.up = this.sort === column ? !this.up : true;
      this.sort = column;
      this.mark();
      this.draw();
    });
    return element('th', { scope: 'col', class: column.number ? 'number' : '', 'data-key': column.key }, button);
  }

  mark() {
    this.heads.forEach((head, index) => {
      if (COLUMNS[index] === this.sort) head.setAttribute('aria-sort', this.up ? 'ascending' : 'descending');
      else head.removeAttribute('aria-sort');
    });
  }

  draw() {
    if (!this.servers) return;
    const words = this.filter.value.trim().toLowerCase();
    const wanted = this.servers.filter((server) => (!this.state.value || server.state === this.state.value)
      && (!words || `${server.member.name} ${server.member.host} ${why(server)}`.toLowerCase().includes(words)));
    wanted.sort((one, other) => (this.up ? 1 : -1) * this.sort.order(one, other) || byName(one, other));
    const shown = wanted.slice(0, this.most);
    const rows = shown.map((server) => this.row(server));
    const known = new Set(this.servers.map((server) => server.member.id));
    for (const id of this.rows.keys()) if (!known.has(id)) this.rows.delete(id);
    const same = rows.length === this.body.children.length && rows.every((row, index) => this.body.children[index] === row);
    if (!same) this.body.replaceChildren(...rows); // the focus stays where nothing moves
    this.more.hidden = wanted.length <= shown.length;
    this.more.textContent = `Show ${wanted.length - shown.length} more`;
    const text = `${wanted.length} of ${this.servers.length}`;
    const note = document.getElementById('shown');
    if (note.textContent !== text) note.textContent = text;
  }

  row(server) {
    const { member, progress } = server;
    let row = this.rows.get(member.id);
    if (!row) {
      row = element('tr', {}, ...COLUMNS.map((column) => element('td', { class: column.number ? 'number' : column.key === 'reason' ? 'reason' : '' })));
      row.children[0].append(element('span', { class: 'tag' }, element('i', { class: 'dot' }), element('span')));
      row.children[1].append(element('a'));
      row.children[3].append(element('span', { class: 'mini', 'aria-hidden': 'true' }, element('span')), element('span'));
      this.rows.set(member.id, row);
    }
    row.className = server.state;
    row.dataset.name = member.name;
    const done = percent(progress.verifiedBytes, progress.planBytes);
    const [state, name, address, level, rates, left, origin, sent, safe, reason] = row.children;
    const put = (cell, text) => { if (cell.textContent !== text) cell.textContent = text; };
    put(state.firstChild.lastChild, server.state);
    name.firstChild.href = `#/server/${encodeURIComponent(member.name)}`;
    put(name.firstChild, member.name + (member.seed ? ' (seed)' : ''));
    put(address, member.host);
    level.firstChild.firstChild.style.width = `${done}%`;
    put(level.lastChild, `${done}%`);
    put(rates, rate(receiving(server)));
    put(left, server.millisLeft == null ? '–' : duration(server.millisLeft));
    put(origin, progress.originBytes ? bytes(progress.originBytes) : '–');
    put(sent, progress.sentBytes ? bytes(progress.sentBytes) : '–');
    put(safe, safety(server));
    put(reason, why(server));
    return row;
  }
}
