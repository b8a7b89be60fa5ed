/**
 * The platform's clock as this page knows it: the machine's clock plus an offset measured against the server.
 * Decided here: the offset of the quickest answer wins; an unknown offset is said, not hidden. Always Beijing time.
 */
let offset = 0;
let heard = 0;
let best = Number.POSITIVE_INFINITY;

const TIME = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @param {number} sent @param {number} received own clock, ms @param {number} server its clock, ms */
export function learn(sent, received, server) {
  heard = received;
  const delay = received - sent;
  if (delay > best * 1.5 + 5) return;
  best = delay;
  offset = server - (sent + received) / 2;
}

/** When the server last told its time, by this machine's clock. */
export const heardAt = () => heard;
export const known = () => best !== Number.POSITIVE_INFINITY;
export const now = () => Math.round(Date.now() + offset);

/** @param {number} ms @param {"seconds"|"minutes"} [to] */
export function clockText(ms, to = "seconds") {
  const text = TIME.format(ms);
  return to === "minutes" ? text.slice(0, 5) : text;
}
