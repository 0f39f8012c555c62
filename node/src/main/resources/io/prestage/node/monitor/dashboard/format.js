// Numbers as people read them, the same as the program prints them in a terminal.

const BINARY = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const BITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];

function scaled(value, step, units) {
  let unit = 0;
  while (value >= step && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`.replace(/^1 bytes$/, '1 byte');
}

export const bytes = (count) => scaled(count, 1024, BINARY);

/** Bytes a second, told in bits as links are sold. */
export const rate = (bytesPerSecond) => (bytesPerSecond > 0 ? scaled(bytesPerSecond * 8, 1000, BITS) : '–');

/** Whole percent, and 100 only when nothing is missing. */
export function percent(part, whole) {
  return whole > 0 ? Math.floor((100 * part) / whole) : 0;
}

export function duration(millis) {
  const seconds = Math.max(0, Math.round(millis / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export const clock = (date) => date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export const plural = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** An element with text and attributes; text is never read as markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Sets a text only if it is another, so that a screen reader is not told twice. */
export function setText(id, text) {
  const node = document.getElementById(id);
  if (node.textContent !== text) node.textContent = text;
}

/** Shows a figure as people read it, and keeps the figure itself for who looks for it. */
export function setFigure(id, value, text) {
  document.getElementById(id).dataset.value = value;
  setText(id, text);
}

export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
