// docs/spec/phases.md: the moves of a session and what each needs.

const LIVE = ["prepared", "opened", "drawn", "checked_in", "declared", "chaired", "responsiveness", "scoring", "released",
  "consolidated", "confirmed", "reported"];

const ORDERLY = [
  ["prepared", "opened", "officer", ["bids_closed", "bids_settled", "enough_bids"]],
  ["opened", "drawn", "officer", ["draw_computed", "seats_filled"]],
  ["drawn", "checked_in", null, ["all_checked_in"]],
  ["checked_in", "declared", null, ["all_checked_in", "all_declared"]],
  ["declared", "chaired", null, ["chair_elected"]],
  ["chaired", "responsiveness", "officer", ["all_declared", "chair_elected"]],
  ["responsiveness", "scoring", "officer", ["chair_elected", "responsiveness_decided", "enough_responsive"]],
  ["scoring", "released", null, ["chair_elected", "responsiveness_decided", "all_sheets_in"]],
  ["released", "consolidated", null, ["marks_opened", "result_final"]],
  ["consolidated", "confirmed", null, ["result_final", "all_confirmed"]],
  ["confirmed", "reported", "officer", ["report_issued"]],
  ["reported", "archived", "officer", []],
  ["released", "archived", "officer", ["result_not_final"]],
];

// An order ends any live session; where `unless` holds, main may end it without one.
const ENDS = [
  ...LIVE.map((from) => [from, "failed", { prepared: "too_few_bids", responsiveness: "too_few_responsive" }[from]]),
  ...LIVE.slice(1, -1).map((from) => [from, "re_formed", undefined]),
];

const MOVES = new Map([
  ...ORDERLY.map(([from, to, order, needs]) => [`${from} ${to}`, { order: order !== null, unless: null, needs }]),
  ...ENDS.map(([from, to, unless]) => [`${from} ${to}`, { order: true, unless: unless ?? null, needs: [] }]),
]);

export const moveOf = (from, to) => MOVES.get(`${from} ${to}`) ?? null;
