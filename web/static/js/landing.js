/**
 * Where somebody goes who has just signed in: to the page that he or she asked for, or to the next task.
 * Decided here: which addresses are followed. Never another site's: an address may have been made by anybody.
 */

/** @param {string|null|undefined} session */
export const home = (session) => (session ? `/sessions/${encodeURIComponent(session)}/work` : "/");

/** @param {string} asked @param {string} origin @returns {URL|null} null for what is no path */
function addressOf(asked, origin) {
  try {
    return asked.startsWith("/") ? new URL(asked, origin) : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} search of the sign-in page's own address @param {string} origin of this server
 * @param {string|null|undefined} session the key's: somebody of one session goes to pages of that one only
 * @returns {string} a path of this server
 */
export function landing(search, origin, session) {
  const found = addressOf(new URLSearchParams(search).get("next") ?? "", origin);
  if (found?.origin !== origin || !found.pathname.startsWith("/sessions/")) return home(session);
  if (session && !found.pathname.startsWith(`/sessions/${encodeURIComponent(session)}/`)) return home(session);
  return found.pathname;
}
