// The step that is being taken, and how a verification ends.

export class Refused extends Error {}

let step = "container";

export function begin(name) {
  step = name;
}

export const current = () => step;

export function must(holds, reason) {
  if (!holds) throw new Refused(`${step}: ${reason}`);
}
