// From text to a tape: Python's own syntax by a whitelist, read once with a stack of open brackets.
const LONGEST = 5000; // characters of a formula
const CLOSING = { "(": ")", "[": "]" };
const COMPARISONS = ["<", "<=", ">", ">="];

class Reader {
  constructor(text) {
    this.text = text;
    this.tokens = tokensOf(text);
    this.tape = new Tape();
    this.steps = new Map(); // a step's name -> where it is named, and its place on the tape
    this.variables = new Map(); // a variable's name -> where it first stands
    this.groups = [this.group(null, null)];
  }

  get top() {
    return this.groups[this.groups.length - 1];
  }

  refuse(start, words) {
    refuse(this.text, start, words);
  }

  group(opening, callee) {
    return { opening, callee, operands: [], pending: [], compared: false, given: [], keyword: null, step: null, fresh: true };
  }

  read() {
    let wanted = true; // an operand, not an operator
    let place = 0;
    while (this.tokens[place].kind !== "end") {
      const token = this.tokens[place];
      if (token.kind === "operator" && [")", "]"].includes(token.text)) {
        this.close(place, wanted);
        wanted = false;
      } else if (wanted) {
        const before = this.groups.length;
        wanted = this.operand(place);
        // Of a call, the bracket has been taken.
        if (token.kind === "name" && this.groups.length > before) place += 1;
      } else {
        this.operator(place);
        wanted = true;
      }
      place += 1;
    }
    const { opening } = this.top;
    if (opening) this.refuse(opening.start, `'${opening.text}' is never closed`);
    if (wanted) this.missing(place);
    this.reduce(-1);
    for (const [name, start] of this.variables) {
      if (this.steps.has(name)) {
        this.refuse(
          start,
          `'${name}' stands here before or inside the step that it names below: give the step another name`,
        );
      }
    }
    return this.tape.ended(this.top.operands[0].slot);
  }

  operand(place) {
    const [token, following, group] = [this.tokens[place], this.tokens[place + 1], this.top];
    if (token.kind === "operator") {
      if (token.text === "(") this.groups.push(this.group(token, null));
      else if (token.text === "[") this.refuse(token.start, "lists of numbers are not known in this page");
      else if ("-+~".includes(token.text)) group.pending.push({ ...token, unary: true, precedence: grammar.unary });
      else if (token.text === "...") this.refuse(token.start, "'...' stands for parts left out of a long text");
      else this.missing(place);
      group.fresh = false;
      return true;
    }
    if (following.kind === "operator" && following.text === "(") {
      if (token.kind === "name" && !(token.text in grammar.numbers) && !/^(True|False|None)$/.test(token.text)) {
        this.groups.push(this.group(following, token));
        return true;
      }
      this.refuse(
        following.start,
        `${shownToken(token)} is not a function: a product is written ${token.text}*(...)`,
      );
    }
    if (token.kind === "string") {
      this.refuse(
        token.start,
        `text in quotes is not allowed: the variable is ${token.text.slice(1, -1)}, without`,
      );
    }
    group.operands.push({ token, first: group.fresh, start: token.start });
    group.fresh = false;
    return false;
  }

  operator(place) {
    const [token, group] = [this.tokens[place], this.top];
    const symbol = token.text;
    if (token.kind !== "operator" || ["~", "(", "...", "["].includes(symbol)) this.misplaced(place);
    if ([":=", "=", ",", ":"].includes(symbol)) {
      this.divide(token, group);
      return;
    }
    if (COMPARISONS.includes(symbol)) {
      if (group.compared) {
        this.refuse(
          token.start,
          "comparisons do not chain here: write (a < b) & (b < c), with brackets",
        );
      }
      group.compared = true;
    }
    if (!Object.hasOwn(grammar.binary, symbol)) {
      this.refuse(token.start, `'${symbol}' multiplies matrices, which are not known in this page`);
    }
    const [name, precedence] = grammar.binary[symbol];
    this.reduce(symbol === "**" ? precedence : precedence - 1);
    group.pending.push({ ...token, name, precedence });
  }

  // Check what divides the parts of a bracket: a comma, a keyword's = or a step's := .
  divide(token, group) {
    const last = group.operands[group.operands.length - 1];
    const isName = group.operands.length === 1 && last.token?.kind.match(/name|quoted/) && last.first;
    if (token.text === ",") {
      if (!group.opening) this.refuse(token.start, "',' is not allowed here: one formula at a time");
      if (!group.callee) this.refuse(token.start, "several numbers in brackets are not known in this page");
      this.give(group);
    } else if (token.text === ":") {
      this.refuse(token.start, "':' is allowed only between square brackets, x[1:3]");
    } else if (token.text === "=") {
      if (!group.callee || !isName || group.keyword) {
        this.refuse(
          token.start,
          "'=' is not allowed here: give only the right-hand side of an equation; " +
            "a step is named (d := 2*b), and equal(a, b) asks for equality",
        );
      }
      group.keyword = group.operands.pop().token;
    } else {
      if (!group.opening || group.callee || !isName || group.step) {
        this.refuse(
          token.start,
          "':=' is not allowed here: a step is a name in brackets of its own, (d := 2*b)",
        );
      }
      group.step = group.operands.pop().token;
    }
    group.compared = false;
  }

  // End an argument of a call.
  give(group) {
    this.reduce(-1);
    const { slot } = group.operands.pop();
    group.given.push({ keyword: group.keyword?.text ?? null, start: group.keyword?.start, slot });
    [group.keyword, group.compared, group.fresh] = [null, false, true];
  }

  close(place, wanted) {
    const [token, group] = [this.tokens[place], this.top];
    if (!group.opening) this.refuse(token.start, `'${token.text}' closes nothing`);
    if (CLOSING[group.opening.text] !== token.text) {
      const column = [...this.text.slice(0, group.opening.start)].length + 1;
      this.refuse(token.start, `'${token.text}' closes '${group.opening.text}' of column ${column}`);
    }
    // A call may be empty, and end in a comma.
    const { pending, keyword, callee } = group;
    const complete = callee && !pending.length && !keyword && !group.operands.length;
    if (wanted && !complete) this.missing(place);
    if (!wanted && callee) this.give(group);
    else if (!callee) this.reduce(-1);
    this.groups.pop();
    const slot = callee ? this.call(callee, group.given) : this.inside(group);
    this.top.operands.push({ slot, start: (callee ?? group.opening).start });
    this.top.fresh = false;
  }

  inside(group) {
    const { slot } = group.operands[0];
    if (!group.step) return slot;
    const { text, start } = group.step;
    const known = this.steps.get(text);
    if (!known) {
      this.steps.set(text, { start, slot });
    } else if (known.slot !== slot) {
      const column = [...this.text.slice(0, known.start)].length + 1;
      this.refuse(start, `'${text}' names another step in column ${column} already`);
    }
    return slot;
  }

  call(callee, given) {
    const name = callee.text;
    if (!Object.hasOwn(grammar.functions, name)) this.unknown(name, callee.start);
    const kind = grammar.functions[name];
    const about = operations[kind];
    const fail = (words, meant = "") => {
      const advice = about.advice && !meant ? ` ${about.advice}` : "";
      this.refuse(callee.start, `${about.called} ${words}: ${about.usage}.${meant}${advice}`.replace(/\.$/, ""));
    };
    const named = given.filter((one) => one.keyword !== null);
    const twice = named.find((one, index) => named.findIndex((other) => other.keyword === one.keyword) < index);
    if (twice) this.refuse(twice.start, "a keyword stands here twice");
    for (const { keyword } of named) {
      if (!about.operands.includes(keyword)) fail(`has no parameter '${keyword}'`, closest(keyword, about.operands));
    }
    const [least, most] = [about.least, about.operands.length];
    const plural = (count) => `operand${count === 1 ? "" : "s"}`;
    const takes = least === most ? `${most} ${plural(most)}` : `${least} to ${most} operands`;
    const places = given.filter((one) => one.keyword === null);
    if (places.length > most) fail(`takes ${takes}, not ${places.length}`);
    const slots = new Map(places.map((one, index) => [about.operands[index], one.slot]));
    for (const { keyword, slot } of named) {
      if (slots.has(keyword)) fail(`is given '${keyword}' twice`);
      slots.set(keyword, slot);
    }
    const absent = about.operands.slice(0, least).filter((operand) => !slots.has(operand));
    if (absent.length) {
      fail(named.length ? `lacks ${absent.join(" and ")}` : `takes ${takes}, not ${places.length}`);
    }
    const operands = about.operands.map(
      (operand, index) => slots.get(operand) ?? this.tape.constant(about.defaults[index - least]),
    );
    return this.tape.step(kind, operands);
  }

  unknown(name, start) {
    const elsewhere = Object.hasOwn(grammar.elsewhere, name) ? ` Write ${grammar.elsewhere[name]}.` : "";
    if (grammar.absent.includes(name)) {
      const why = `'${name}' works on columns or with settings, which this page does not have.`;
      this.refuse(start, `${why}${elsewhere}`.replace(/\.$/, ""));
    }
    const hint = elsewhere || closest(name, Object.keys(grammar.functions));
    const product = hint ? "" : ` A product is written ${name}*(...).`;
    this.refuse(start, `there is no function '${name}'.${hint}${product}`.replace(/\.$/, ""));
  }

  // Apply what is pending and binds more tightly.
  reduce(least) {
    const group = this.top;
    this.settle(group);
    while (group.pending.length && group.pending[group.pending.length - 1].precedence > least) {
      const pending = group.pending.pop();
      const right = group.operands.pop();
      if (!pending.unary) {
        const left = group.operands.pop();
        group.operands.push({ slot: this.tape.step(pending.name, [left.slot, right.slot]), start: left.start });
      } else if (pending.text === "+") {
        group.operands.push(right);
      } else {
        const name = pending.text === "-" ? grammar.negation : grammar.complement;
        group.operands.push({ slot: this.tape.step(name, [right.slot]), start: pending.start });
      }
    }
  }

  // Give the operand that was read last its place on the tape.
  settle(group) {
    const last = group.operands[group.operands.length - 1];
    if (!last || last.slot !== undefined) return;
    const { kind, text, start } = last.token;
    if (kind === "number") {
      if (/[jJ]$/.test(text) && !/^0[xX]/.test(text)) {
        this.refuse(start, `'${text}' is a complex number, and this page has real ones only`);
      }
      last.slot = this.tape.constant(Number(text.replaceAll("_", "")));
    } else if (kind === "name" && text in grammar.numbers) {
      last.slot = this.tape.constant(grammar.numbers[text]);
    } else if (text === "None") {
      this.refuse(start, "None is not a number");
    } else if (text === "True" || text === "False") {
      last.slot = this.tape.constant(Number(text === "True"));
    } else if (this.steps.has(text)) {
      last.slot = this.steps.get(text).slot;
    } else {
      if (!this.variables.has(text)) this.variables.set(text, start);
      last.slot = this.tape.variable(text);
    }
  }

  missing(place) {
    const token = this.tokens[place];
    if (place === 0) {
      if (token.kind === "end") throw new FormulaError("", 0, "there is no formula: the text is empty. For instance 2*x");
      const bars = token.text === "|" ? ": |x| is written abs(x)" : "";
      this.refuse(token.start, `an operand is missing before ${shownToken(token)}${bars}`);
    }
    const where = token.kind === "end" ? "at the end" : `before ${shownToken(token)}`;
    this.refuse(token.start, `an operand is missing ${where}, after ${shownToken(this.tokens[place - 1])}`);
  }

  misplaced(place) {
    const [token, before] = [this.tokens[place], this.tokens[place - 1]];
    if (token.text === "[" && token.kind === "operator") {
      this.refuse(token.start, "parts of columns are not known in this page: give each part a name of its own");
    }
    if (token.kind === "string") this.refuse(token.start, "text in quotes is not allowed");
    this.refuse(
      token.start,
      `an operator is missing between ${shownToken(before)} and ${shownToken(token)}: ` +
        "a product is written with *",
    );
  }
}

function parse(text) {
  if (text.length > LONGEST) {
    const words = `the text has ${text.length} characters, and at most ${LONGEST} are read here`;
    throw new FormulaError(text, LONGEST, words);
  }
  const reader = new Reader(text);
  const tape = reader.read();
  const extra = [...reader.variables][2];
  if (extra) {
    refuse(
      text,
      extra[1],
      `'${extra[0]}' is a third variable beside ${tape.names.filter((name) => name !== extra[0]).slice(0, 2).map((name) => `'${name}'`).join(" and ")}, ` +
        "and a page shows two: write a number in its place",
    );
  }
  if (!tape.names.length) refuse(text, 0, "the formula has no variable, so there is nothing to descend on: write x, or x and y");
  return tape;
}
