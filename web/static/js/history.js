/**
 * Undo and redo of one sheet. Pure: holds steps, never touches the page.
 */

/** @typedef {{field: string, before: string, after: string}} Step */

export class History {
  /** @type {Step[]} */ past = [];
  /** @type {Step[]} */ future = [];

  /** @param {Step} step */
  add(step) {
    if (step.before === step.after) return;
    this.past.push(step);
    this.future = [];
  }

  /** @returns {Step|undefined} the step to take back */
  undo() {
    const step = this.past.pop();
    if (step) this.future.push(step);
    return step;
  }

  /** @returns {Step|undefined} the step to take again */
  redo() {
    const step = this.future.pop();
    if (step) this.past.push(step);
    return step;
  }
}
