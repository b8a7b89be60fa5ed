// docs/spec/kinds.md: seats, members, chair and votes.

export class Panel {
  constructor(session) {
    Object.assign(this, { session, seats: new Map(), everybody: new Map(), spent: new Set(), ballots: [], chair: null, round: 1 });
  }

  drawnMembers() { return this.session.tender.panel.members - this.session.tender.panel.representatives; }

  fill(drawn, invited) {
    this.seats.set(drawn.seat, { ...drawn, invited, state: "drawn" });
    this.spent.add(drawn.blinded);
  }

  seatOf(blinded) { return [...this.seats.values()].find((seat) => seat.blinded === blinded) ?? null; }

  seated() { return [...this.everybody.values()].filter((member) => member.seated); }

  // The members whose opinions count: seated and declared.
  members() { return this.seated().filter((member) => member.declared); }

  member(person) {
    const found = this.everybody.get(person);
    return found?.seated ? found : null;
  }

  join(person, seat) {
    this.everybody.set(person, { person, seat, seated: true, declared: false, votes: new Map(), counter: 0, marks: [], sheets: [] });
    if (seat !== null) this.seats.get(seat).state = "checked_in";
  }

  // What the member signed leaves every count.
  leave(person) {
    const member = this.everybody.get(person);
    member.seated = false;
    if (member.seat !== null) this.seats.get(member.seat).state = "vacated";
    if (this.chair === person) Object.assign(this, { chair: null, round: this.round + 1 });
  }

  // The votes that count in the present round: by and for members who count now.
  chairVotes() {
    const electors = new Set(this.members().map((member) => member.person));
    const votes = this.ballots.filter((one) => one.round === this.round && electors.has(one.voter) && electors.has(one.candidate));
    return new Map(votes.map((one) => [one.voter, one.candidate]));
  }

  elect() {
    const votes = this.chairVotes();
    if (this.chair !== null || !votes.size || votes.size < this.session.tender.panel.members) return;
    const counts = new Map();
    for (const candidate of votes.values()) counts.set(candidate, (counts.get(candidate) ?? 0) + 1);
    const most = Math.max(...counts.values());
    const first = [...counts].filter(([, count]) => count === most);
    if (first.length === 1) [[this.chair]] = first;
    else this.round += 1;
  }

  rejected(bid) {
    const against = this.members().filter((member) => member.votes.get(bid) === "unresponsive").length;
    return 2 * against > this.session.tender.panel.members;
  }

  // Takes out what was sealed to a lost seal.
  forget(recipient) {
    for (const member of this.everybody.values()) {
      member.marks = member.marks.filter((mark) => mark.recipient !== recipient);
      member.sheets = member.sheets.filter((sheet) => sheet.recipient !== recipient);
    }
  }
}
