/**
 * One active sheet per seat: two windows that write the same marks would overwrite each other.
 */

/**
 * Resolves when this window holds the sheet; it holds it until it is closed.
 * @param {string} name @param {() => void} onWaiting called if another window holds it now
 */
export async function holdSheet(name, onWaiting) {
  if (!navigator.locks) return;
  /** @param {LockOptions} options */
  const hold = (options) => new Promise((taken) => {
    void navigator.locks.request(name, options, (lock) => {
      taken(lock !== null);
      return lock && new Promise(() => {});
    });
  });
  if (await hold({ ifAvailable: true })) return;
  onWaiting();
  await hold({});
}
