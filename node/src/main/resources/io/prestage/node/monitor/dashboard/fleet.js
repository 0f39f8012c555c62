// Listens to one node's events; when that node dies, to another's: every node knows the whole fleet.

const PATIENCE = 4000; // milliseconds without an event after which a node counts as lost; they come every second

/**
 * Tells `onFleet(view)` every second, `onHistory(points)` at each connection, `onLink(state, host)` when the connection changes.
 */
export function listen({ onFleet, onHistory, onLink }) {
  let hosts = [location.host];
  let at = 0;
  let source = null;
  let timer = 0;

  function wait() {
    clearTimeout(timer);
    timer = setTimeout(next, PATIENCE);
  }

  function connect() {
    source = new EventSource(`${location.protocol}//${hosts[at]}/api/v1/events`);
    source.addEventListener('history', (event) => { wait(); onHistory(JSON.parse(event.data)); });
    source.addEventListener('fleet', (event) => {
      wait();
      const view = JSON.parse(event.data);
      remember(view);
      onLink('live', hosts[at]);
      onFleet(view);
    });
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) { clearTimeout(timer); timer = setTimeout(next, 500); }
    });
    wait();
  }

  // The node that the page came from is asked first, whenever it is its turn again.
  function remember(view) {
    const others = view.servers.filter((server) => server.present)
      .map((server) => `${server.member.host}:${server.member.httpPort}`)
      .filter((host) => host !== location.host);
    const present = hosts[at];
    hosts = [location.host, ...others];
    if (!hosts.includes(present)) hosts.push(present);
    at = hosts.indexOf(present);
  }

  function next() {
    source.close();
    onLink(hosts.length > 1 ? 'moving' : 'dead', hosts[at]);
    at = (at + 1) % hosts.length;
    connect();
  }

  connect();
  return { host: () => hosts[at] };
}

const ORDER = { failed: 0, stalled: 1, filling: 2, waiting: 3, complete: 4 };

export const byUrgency = (one, other) =>
  ORDER[one.state] - ORDER[other.state] || byName(one, other);

export const byName = (one, other) =>
  one.member.name.localeCompare(other.member.name, undefined, { numeric: true });

/** In the order of a rack: the seeds, then the others by name with numbers as numbers. */
export const inRackOrder = (servers) =>
  [...servers].sort((one, other) => Number(other.member.seed) - Number(one.member.seed) || byName(one, other));
