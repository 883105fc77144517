// Draws a text as a QR code (ISO/IEC 18004): bytes, error correction M, versions 1 to 20, which holds any otpauth
// address. Owns the whole way from text to modules; knows nothing of the page.

// By version: codewords of error correction in each block, and blocks, for level M (table 9 of the standard).
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

// The eight patterns that can be laid over the data (table 10).
const MASKS = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/**
 * The modules of the QR code, row by row, `true` where it is dark. The quiet zone of four modules around it is the
 * caller's.
 * @param {string} text
 * @returns {boolean[][]}
 */
export function qr(text) {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  const words = interleaved(dataWords(bytes, version), version);
  const drawn = MASKS.map((mask, index) => draw(version, words, mask, index));
  return drawn.reduce((best, other) => (penalty(other) < penalty(best) ? other : best));
}

const sizeOf = (version) => 17 + 4 * version;

/** Codewords that fit into a version: what its function patterns leave, in whole bytes. */
const capacity = (version) =>
  Math.floor(
    blank(version)
      .flat()
      .filter((module) => module === null).length / 8,
  );

const dataCapacity = (version) => capacity(version) - CORRECTION[version - 1] * BLOCKS[version - 1];

/** Bits of the byte count: eight up to version 9. */
const countBits = (version) => (version < 10 ? 8 : 16);

function versionFor(length) {
  for (let version = 1; version <= CORRECTION.length; version += 1) {
    if (4 + countBits(version) + 8 * length <= 8 * dataCapacity(version)) return version;
  }
  throw new RangeError(`${length} bytes are too many for a QR code of ours`);
}

/** Mode, count, the bytes, the end, and padding. */
function dataWords(bytes, version) {
  const bits = [];
  const push = (value, count) => {
    for (let bit = count - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, countBits(version));
  for (const byte of bytes) push(byte, 8);
  const room = 8 * dataCapacity(version);
  push(0, Math.min(4, room - bits.length));
  push(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0; bits.length < room; pad += 1) push(pad % 2 ? 0x11 : 0xec, 8);
  const words = [];
  for (let at = 0; at < bits.length; at += 8)
    words.push(bits.slice(at, at + 8).reduce((word, bit) => (word << 1) | bit, 0));
  return words;
}

/**
 * Blocks, the short ones first, each with its error correction; then the first word of each, the second of each, and so
 * on.
 */
function interleaved(words, version) {
  const count = BLOCKS[version - 1];
  const short = Math.floor(words.length / count);
  const firstLong = count - (words.length % count);
  const data = [];
  for (let block = 0, at = 0; block < count; block += 1) {
    const length = short + (block < firstLong ? 0 : 1);
    data.push(words.slice(at, at + length));
    at += length;
  }
  const correction = data.map((block) => remainder(block, CORRECTION[version - 1]));
  return [...columns(data), ...columns(correction)];
}

function columns(blocks) {
  const longest = Math.max(...blocks.map((block) => block.length));
  return Array.from({ length: longest }, (_, at) => blocks.flatMap((block) => block.slice(at, at + 1))).flat();
}

// GF(256) modulo x⁸ + x⁴ + x³ + x² + 1.
const POWERS = [1];
while (POWERS.length < 255) POWERS.push((POWERS.at(-1) << 1) ^ (POWERS.at(-1) & 0x80 ? 0x11d : 0));
const LOGS = new Map(POWERS.map((value, log) => [value, log]));
const times = (a, b) => (a && b ? POWERS[(LOGS.get(a) + LOGS.get(b)) % 255] : 0);

/**
 * The Reed-Solomon codewords of a block: what is left of it after division by (x − 1)(x − 2)(x − 4)… of `degree`
 * factors.
 */
export function remainder(block, degree) {
  let generator = [1];
  for (let factor = 0; factor < degree; factor += 1) {
    const shifted = [...generator, 0];
    generator = shifted.map((value, at) => value ^ times(at > 0 ? generator[at - 1] : 0, POWERS[factor]));
  }
  const rest = [...block, ...Array(degree).fill(0)];
  for (let at = 0; at < block.length; at += 1) {
    const lead = rest[at];
    generator.forEach((value, offset) => {
      rest[at + offset] ^= times(value, lead);
    });
  }
  return rest.slice(block.length);
}

/** The function patterns; `null` where data goes. Format and version are light for now. */
function blank(version) {
  const size = sizeOf(version);
  const modules = Array.from({ length: size }, () => Array(size).fill(null));
  const set = (x, y, dark) => {
    if (x >= 0 && y >= 0 && x < size && y < size) modules[y][x] = dark;
  };
  const ring = (x, y) => Math.max(Math.abs(x), Math.abs(y));
  const square = (centreX, centreY, radius, dark) => {
    for (let y = -radius; y <= radius; y += 1) {
      for (let x = -radius; x <= radius; x += 1) set(centreX + x, centreY + y, dark(ring(x, y)));
    }
  };
  for (let at = 0; at < size; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  const places = alignment(version);
  for (const x of places) {
    for (const y of places) {
      const inCorner = (x === 6 || y === 6) && (x === y || x + y === size - 1);
      if (!inCorner) square(x, y, 2, (distance) => distance !== 1);
    }
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ])
    square(x, y, 4, (distance) => distance < 4 && distance !== 2);
  for (const [x, y] of [...formatPlaces(size).flat(), ...(version > 6 ? versionPlaces(size).flat() : [])])
    set(x, y, false);
  set(8, size - 8, true);
  return modules;
}

/**
 * Centres of the alignment patterns: the first at 6, the others evenly and an even number of modules apart, counted
 * from the far edge.
 */
function alignment(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = sizeOf(version) - 7;
  const step = 2 * Math.ceil((last - 6) / (2 * (count - 1)));
  return [6, ...Array.from({ length: count - 1 }, (_, at) => last - (count - 2 - at) * step)];
}

/** Where bit 0, 1, … 14 of the format goes: both places of each. */
function formatPlaces(size) {
  return Array.from({ length: 15 }, (_, bit) => {
    const upright = bit < 6 ? [8, bit] : bit < 8 ? [8, bit + 1] : bit === 8 ? [7, 8] : [14 - bit, 8];
    const split = bit < 8 ? [size - 1 - bit, 8] : [8, size - 15 + bit];
    return [upright, split];
  });
}

/** Where bit 0, 1, … 17 of the version goes: both places of each. */
function versionPlaces(size) {
  return Array.from({ length: 18 }, (_, bit) => {
    const [near, far] = [Math.floor(bit / 3), size - 11 + (bit % 3)];
    return [
      [near, far],
      [far, near],
    ];
  });
}

/** `value` followed by its remainder in the code of `generator`. */
function checked(value, generator, bits) {
  let rest = value << bits;
  for (let bit = 31 - Math.clz32(rest); bit >= bits; bit -= 1) if ((rest >> bit) & 1) rest ^= generator << (bit - bits);
  return (value << bits) | rest;
}

/** The fifteen bits that tell the level, M is 00, and the mask. */
export const format = (mask) => checked(mask, 0b10100110111, 10) ^ 0b101010000010010;

function draw(version, words, mask, index) {
  const modules = blank(version);
  const size = modules.length;
  const write = (places, value) =>
    places.forEach((both, bit) => both.forEach(([x, y]) => (modules[y][x] = ((value >> bit) & 1) === 1)));
  write(formatPlaces(size), format(index));
  if (version > 6) write(versionPlaces(size), checked(version, 0b1111100100101, 12));
  let bit = 0;
  // Two columns at a time from the right, up and down in turn; the upright timing pattern is stepped over.
  for (let pair = 0; pair < (size - 1) / 2; pair += 1) {
    const right = size - 1 - 2 * pair - (size - 1 - 2 * pair <= 6 ? 1 : 0);
    for (let step = 0; step < size; step += 1) {
      const y = pair % 2 === 0 ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (modules[y][x] !== null) continue;
        const dark = ((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
        modules[y][x] = (dark === 1) !== (mask(x, y) === 0);
        bit += 1;
      }
    }
  }
  return modules;
}

/**
 * How hard it is to read: runs, squares, what looks like a finder pattern, and too much of one colour (clause 7.8.3).
 */
function penalty(modules) {
  const size = modules.length;
  const lines = [...modules, ...modules[0].map((_, x) => modules.map((row) => row[x]))];
  let points = 0;
  for (const line of lines) {
    const text = line.map(Number).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    points += 40 * (text.match(/(?=00001011101|10111010000)/g) ?? []).length;
  }
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      const [a, b, c, d] = [modules[y][x], modules[y][x - 1], modules[y - 1][x], modules[y - 1][x - 1]];
      if (a === b && b === c && c === d) points += 3;
    }
  }
  const dark = modules.flat().filter(Boolean).length / (size * size);
  return points + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}
