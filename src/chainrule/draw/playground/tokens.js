// The text of a formula cut into tokens: what `quoting` does in Python, with its words.
class FormulaError extends Error {
  constructor(text, start, words) {
    const column = [...text.slice(0, start)].length + 1;
    super(`${words} (column ${column}).`);
    this.column = column;
  }
}

const TOKEN = new RegExp(
  [
    /(?<space>[ \t\r\n\f]+)/,
    /(?<number>0[xXoObB][0-9a-zA-Z_]*|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?[jJ]?)/,
    /(?<name>[\p{L}\p{Nl}\p{No}_](?:[\w]|[^\x00-\x7f])*)/,
    /(?<quoted>`(?:[^`\\]|\\[^])*`)/,
    /(?<string>'[A-Za-z0-9_.+\- ]*'|"[A-Za-z0-9_.+\- ]*")/,
    /(?<operator>\*\*|\/\/|:=|<=|>=|\.\.\.|[-+*/%@&|~<>=(),[\]:])/,
  ]
    .map((part) => part.source)
    .join("|"),
  "uy",
);
// Numbers as Python writes them: an underscore only between digits, no leading zero.
const DIGITS = "[0-9](?:_?[0-9])*";
const NUMBER = new RegExp(
  "^(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+" +
    `|(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?[jJ]?` +
    `|${DIGITS}[eE][+-]?${DIGITS}[jJ]?|${DIGITS}[jJ]|0(?:_?0)*|[1-9](?:_?[0-9])*)$`,
);
const NAME = /^[\p{XIDS}_]\p{XIDC}*$/u;
const JOINED = ["&&", "||", "<<", ">>", "==", "->"]; // two characters, each of them allowed
const SHOWN = 60; // characters of a token that an error shows

function shownToken(token) {
  if (token.kind === "end") return "the end";
  const text = [...token.text];
  const cut = text.length <= SHOWN ? token.text : `${text.slice(0, SHOWN).join("")}...`;
  return cut.includes("'") && !cut.includes('"') ? `"${cut}"` : `'${cut.replaceAll("'", "\\'")}'`;
}

const refuse = (text, start, words) => {
  throw new FormulaError(text, start, words);
};

function tokensOf(text) {
  const found = [];
  let place = 0;
  let touching = true;
  while (place < text.length) {
    TOKEN.lastIndex = place;
    const match = TOKEN.exec(text);
    if (!match || JOINED.includes(text.slice(place, place + 2))) refuse(text, place, stranger(text, place));
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    let piece = match[0];
    if (kind === "space") {
      touching = false;
    } else {
      if (kind === "name") checkName(text, place, piece);
      else if (kind === "number") checkNumber(text, place, piece);
      else if (kind === "quoted") piece = unquoted(text, place, piece);
      found.push({ kind, text: piece, start: place, touching });
      touching = true;
    }
    place += match[0].length;
  }
  found.push({ kind: "end", text: "", start: text.replace(/[ \t\r\n\f]+$/, "").length, touching: false });
  return found;
}

function stranger(text, place) {
  for (const [written, words] of grammar.foreign) if (text.startsWith(written, place)) return words;
  const character = String.fromCodePoint(text.codePointAt(place));
  const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  const normal = character.normalize("NFKC");
  const ascii = normal !== character && /^[\x00-\x7f]*$/.test(normal) ? normal : undefined;
  const instead = grammar.instead[character] ?? ascii;
  const told = `'${character}' (U+${code}) is not allowed: `;
  if (instead !== undefined) return told + (instead.trim() ? `write '${instead}'` : "write a plain space");
  return `${told}a name with other characters is written in \`backticks\``;
}

function checkName(text, start, name) {
  if (!NAME.test(name)) {
    const good = /^[\p{XIDS}_]?\p{XIDC}*/u.exec(name)[0].length;
    refuse(text, start + good, stranger(text, start + good));
  }
  if (name.includes("·")) refuse(text, start + name.indexOf("·"), stranger(text, start + name.indexOf("·")));
  if (name === "π") {
    refuse(text, start, "'π' is not allowed bare: write pi for the number, `π` for a name");
  }
  if (["True", "False", "None"].includes(name) || name in grammar.numbers) return;
  if (/['"]/.test(text.charAt(start + name.length))) {
    refuse(text, start, "text in quotes is not allowed, with or without a letter before it");
  }
  if (Object.hasOwn(grammar.words, name)) refuse(text, start, grammar.words[name]);
  const quoted = `\`${name}\``;
  if (grammar.keywords.includes(name)) {
    refuse(text, start, `'${name}' is a word of Python: write ${quoted} for a variable of that name`);
  }
  if (name.startsWith("__")) {
    refuse(text, start, `names such as '${name}' are Python's own: write ${quoted} for a column`);
  }
  const normal = name.normalize("NFKC");
  const alike = [...normal].map((letter) => grammar.alike[letter] ?? letter).join("");
  if (alike !== name && /^[\x00-\x7f]*$/.test(alike)) {
    refuse(
      text,
      start,
      `'${name}' looks like '${alike}' and is another name: write ${alike}, or ${quoted} if it is meant`,
    );
  }
  if (normal !== name) refuse(text, start, `Python reads '${name}' as '${normal}': write that, or ${quoted}`);
}

function checkNumber(text, start, number) {
  const end = start + number.length;
  if (!NUMBER.test(number)) {
    refuse(
      text,
      start,
      `${shownToken({ text: number })} is not a number: ` +
        "digits may be grouped by single underscores, and whole numbers start with 1 to 9",
    );
  }
  const following = String.fromCodePoint(text.codePointAt(end) ?? 32);
  if (/[\p{L}_`]/u.test(following)) {
    const cut = number.slice(0, SHOWN);
    refuse(text, end, `an operator is missing after ${cut}: a product is ${cut}*...`);
  }
}

function unquoted(text, start, piece) {
  const name = piece
    .slice(1, -1)
    .replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^])/gu, (whole, code, offset) => {
      if (/^[xuU]./.test(code) && parseInt(code.slice(1), 16) <= 0x10ffff) {
        return String.fromCodePoint(parseInt(code.slice(1), 16));
      }
      if (Object.hasOwn(grammar.escapes, code)) return grammar.escapes[code];
      const words = `\\${code} is no escape in a name: write \\\\ for a backslash, \\\` for a backtick`;
      return refuse(text, start + 1 + offset, words);
    });
  if (!name) refuse(text, start, "there is no name between these backticks");
  return name;
}

// How alike two words are, and which of several is meant: as Python's difflib has it.
function likeness(one, other) {
  const matched = (a, b) => {
    let [size, atA, atB] = [0, 0, 0];
    for (let i = 0; i < a.length; i += 1) {
      for (let j = 0; j < b.length; j += 1) {
        let k = 0;
        while (i + k < a.length && a[i + k] === b[j + k]) k += 1;
        if (k > size) [size, atA, atB] = [k, i, j];
      }
    }
    if (size === 0) return 0;
    const before = matched(a.slice(0, atA), b.slice(0, atB));
    return size + before + matched(a.slice(atA + size), b.slice(atB + size));
  };
  return (2 * matched(one, other)) / (one.length + other.length);
}

function closest(name, candidates) {
  const byCase = candidates.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (byCase) return ` Did you mean '${byCase}'?`;
  if (name.length > SHOWN) return "";
  const scored = candidates.map((other) => [likeness(other, name), other]);
  const [best, meant] = scored.reduce((a, b) => (b[0] > a[0] || (b[0] === a[0] && b[1] > a[1]) ? b : a));
  return best >= 0.6 ? ` Did you mean '${meant}'?` : "";
}
