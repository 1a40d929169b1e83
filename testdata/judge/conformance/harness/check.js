// Assertions. A failed one throws a Failure whose message reads "expected … got …".
'use strict';

const { isDeepStrictEqual } = require('node:util');

class Failure extends Error {}
class Skip extends Error {}

const kLongest = 600;

function show(value) {
  if (Buffer.isBuffer(value)) value = value.toString('latin1');
  const text = value instanceof RegExp ? String(value) : JSON.stringify(value);
  if (text === undefined) return String(value);
  return text.length <= kLongest ? text : `${text.slice(0, kLongest)}… (${text.length} characters)`;
}

function fail(expected, got, what) {
  throw new Failure(`${what ? `${what}: ` : ''}expected ${expected} got ${got}`);
}

function equal(got, expected, what) {
  if (!isDeepStrictEqual(got, expected)) fail(show(expected), show(got), what);
}

function match(got, pattern, what) {
  if (typeof got !== 'string' || !pattern.test(got)) fail(show(pattern), show(got), what);
}

// `expectation` is the condition in words: "time above 0".
function holds(condition, expectation, got, what) {
  if (!condition) fail(expectation, show(got), what);
}

// Every field named in `expected` has that value, RegExp or predicate; others are not looked at.
function fields(got, expected, what) {
  for (const [name, value] of Object.entries(expected)) {
    const where = `${what ? `${what}, ` : ''}${name}`;
    const whole = ` in ${show(got)}`;
    if (value instanceof RegExp) {
      if (typeof got?.[name] !== 'string' || !value.test(got[name])) {
        fail(show(value), show(got?.[name]) + whole, where);
      }
    } else if (typeof value === 'function') {
      if (!value(got?.[name])) fail(String(value), show(got?.[name]) + whole, where);
    } else if (!isDeepStrictEqual(got?.[name], value)) {
      fail(show(value), show(got?.[name]) + whole, where);
    }
  }
}

function skip(reason) {
  throw new Skip(reason);
}

module.exports = { Failure, Skip, equal, fail, fields, holds, match, show, skip };
