/**
 * One POST of JSON to this venue's server.
 * Decided here: what an answer means. A refusal carries the server's code, field and rule; no answer is a line fault.
 */

export class Refused extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, field?: string|null, rule?: string|null, message?: string}} error
   * @param {{row: number, column: string, message: string}[]} [rows] what is wrong with which cell of a table
   */
  constructor(status, error, rows = []) {
    super(error.message ?? error.code ?? String(status));
    this.status = status;
    this.code = error.code ?? "";
    this.field = error.field ?? null;
    this.rule = error.rule ?? null;
    this.rows = rows;
  }
}

export class LineDown extends Error {}

/** @param {string} url @param {unknown} body @returns {Promise<any>} @throws {Refused} @throws {LineDown} */
export function postJson(url, body) {
  return send(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** @param {string} url @param {RequestInit} [request] @returns {Promise<any>} */
export async function send(url, request = {}) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", headers: { accept: "application/json" }, ...request });
  } catch {
    throw new LineDown(url);
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status >= 500 || response.status === 429) throw new LineDown(String(response.status));
  throw new Refused(response.status, answer.error ?? {}, answer.rows ?? []);
}
