// Runs cases and tells of each with one line, as run.js says.
'use strict';

const { Failure, Skip } = require('./check');

const counts = { ok: 0, 'not ok': 0, skip: 0 };

function tell(outcome, name, message = '') {
  ++counts[outcome];
  const text = message.replace(/\s*\n\s*/g, ' | ');
  process.stdout.write(`${outcome} ${name}${text && `: ${text}`}\n`);
}

function withDeadline(promise, seconds) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Failure(`expected an end within ${seconds} s got none`)),
      seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function runCase({ name, body, seconds }, judge) {
  try {
    await withDeadline(body(judge), seconds);
    tell('ok', name);
  } catch (error) {
    if (error instanceof Skip) return tell('skip', name, error.message);
    const isFailure = error instanceof Failure;
    tell('not ok', name, isFailure ? error.message : `expected an answer got ${error.stack}`);
  }
}

// Prints the numbers; returns the exit status.
function finish() {
  process.stdout.write(
    `${counts.ok} passed, ${counts['not ok']} failed, ${counts.skip} skipped\n`);
  return counts['not ok'] === 0 ? 0 : 1;
}

module.exports = { finish, runCase, tell };
