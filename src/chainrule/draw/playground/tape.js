// A formula as a tape: steps in order, each an operation of the table; derivatives by sweeping back.
class Tape {
  constructor() {
    this.steps = []; // what computes each slot, or null for a leaf
    this.leaves = []; // the number in each slot that holds one
    this.slots = new Map(); // what stands in a slot, as text -> the slot: equal steps are one
    this.inputs = new Map(); // a variable's name -> its slot
    this.names = [];
  }

  put(key, step, leaf) {
    const known = this.slots.get(key);
    if (known !== undefined) return known;
    this.slots.set(key, this.steps.length);
    this.leaves.push(leaf);
    return this.steps.push(step) - 1;
  }

  constant(number) {
    return this.put(`#${Object.is(number, -0) ? "-0" : number}`, null, number);
  }

  variable(name) {
    const slot = this.put(`$${name}`, null, NaN);
    this.inputs.set(name, slot);
    return slot;
  }

  step(name, operands) {
    return this.put(`${name}(${operands})`, { kind: operations[name], operands }, NaN);
  }

  // Sort the variables, and find what depends on them.
  ended(output) {
    this.output = output;
    this.names = [...this.inputs.keys()].sort((a, b) => (a < b ? -1 : 1));
    this.places = this.names.map((name) => this.inputs.get(name));
    this.values = Float64Array.from(this.leaves);
    this.moves = this.steps.map((step, slot) => !step && this.places.includes(slot));
    this.steps.forEach((step, slot) => {
      if (step) this.moves[slot] = step.operands.some((operand) => this.moves[operand]);
    });
    this.live = [];
    this.steps.forEach((step, slot) => {
      if (!step) return;
      if (this.moves[slot]) this.live.push(slot);
      else this.compute(slot);
    });
    return this;
  }

  given(slot) {
    return this.steps[slot].operands.map((operand) => this.values[operand]);
  }

  compute(slot) {
    [this.values[slot]] = this.steps[slot].kind.value(this.given(slot));
  }

  // The value at a point, which stays on the tape.
  value(point) {
    this.places.forEach((slot, index) => {
      this.values[slot] = point[index];
    });
    for (const slot of this.live) this.compute(slot);
    return this.values[this.output];
  }

  // The value and its derivatives by every variable.
  gradient(point) {
    const value = this.value(point);
    const { flows } = this.back();
    return { value, gradient: this.places.map((slot) => flows[slot]?.value ?? 0) };
  }

  // All second derivatives, a row for every variable.
  hessian(point) {
    this.value(point);
    const slopes = this.live.length ? this.slopes() : [];
    return this.places.map((seed) => {
      const tangents = this.forth(seed, slopes);
      const { flows } = this.back(slopes, tangents);
      return this.places.map((slot) => flows[slot]?.bend ?? 0);
    });
  }

  slopes() {
    const found = [];
    for (const slot of this.live) found[slot] = this.steps[slot].kind.slopes(this.given(slot));
    return found;
  }

  // Whether anything flows over an edge: a rule may call a slope 0, and a choice may compute it so.
  carries(slot, number, slope) {
    const { kind, operands } = this.steps[slot];
    return this.moves[operands[number]] && !kind.none[number] && !(kind.guard === "choice" && slope === 0);
  }

  // How every slot moves with one of the variables.
  forth(seed, slopes) {
    const tangents = [];
    tangents[seed] = 1;
    for (const slot of this.live) {
      const { kind, operands } = this.steps[slot];
      let total;
      operands.forEach((operand, number) => {
        const slope = slopes[slot][number];
        if (tangents[operand] === undefined || !this.carries(slot, number, slope)) return;
        const part = times(slope, tangents[operand], kind.guard === "zero wins");
        total = total === undefined ? part : total + part;
      });
      tangents[slot] = total;
    }
    return tangents;
  }

  // From the output back to the variables; with tangents, how what flows back moves along them.
  back(slopes = this.slopes(), tangents = null) {
    const flows = [];
    flows[this.output] = { value: 1, bend: 0, wins: false };
    for (let index = this.live.length - 1; index >= 0; index -= 1) {
      const slot = this.live[index];
      const flow = flows[slot];
      if (flow === undefined) continue;
      const { kind, operands } = this.steps[slot];
      const bends = tangents && kind.bends(this.given(slot));
      const wins = flow.wins || kind.guard === "zero wins";
      operands.forEach((operand, number) => {
        const slope = slopes[slot][number];
        if (!this.carries(slot, number, slope)) return;
        const part = { value: times(flow.value, slope, wins), bend: 0, wins };
        if (tangents) {
          part.bend = times(flow.bend, slope, wins || flow.bend === 0);
          operands.forEach((other, place) => {
            const at = number * operands.length + place;
            if (tangents[other] === undefined || kind.level[at]) return;
            part.bend += times(flow.value, times(bends[at], tangents[other], wins), wins);
          });
        }
        const before = flows[operand];
        flows[operand] = before
          ? { value: before.value + part.value, bend: before.bend + part.bend, wins: before.wins || wins }
          : part;
      });
    }
    return { flows };
  }
}

// Below an operation in which a zero wins, 0 times infinity is 0.
function times(one, other, zeroWins) {
  return zeroWins && (one === 0 || other === 0) ? 0 : one * other;
}
