// Commands the cases run: small, and there on every machine that can build the project.
'use strict';

const kMiB = 1 << 20;
const kSecond = 1e9;
const kPath = 'PATH=/usr/local/bin:/usr/bin:/bin';

const collector = (name, max = 64 << 10) => ({ name, max });
const pipeCollector = (name, max = 64 << 10) => ({ name, max, pipe: true });

// A command with the usual three descriptors and room to spare; `changes` replaces fields.
function command(args, changes = {}) {
  return {
    args,
    env: [kPath],
    files: [{ content: '' }, collector('stdout'), collector('stderr')],
    cpuLimit: 10 * kSecond,
    clockLimit: 60 * kSecond,
    memoryLimit: 256 * kMiB,
    procLimit: 50,
    ...changes,
  };
}

const shell = (script, changes) => command(['/bin/sh', '-c', script], changes);
const python = (script, changes) => command(['/usr/bin/python3', '-c', script], changes);
const cat = (input, changes) =>
  command(['/bin/cat'], {
    files: [{ content: input }, collector('stdout'), collector('stderr')],
    ...changes,
  });

// Burns CPU until it is stopped.
const spin = (changes) => shell('while :; do :; done', changes);
// Does nothing for longer than any test lasts. `mark` makes it found in /proc: see host.js.
const idle = (mark, changes) => command(['/bin/sleep', mark], changes);

let marks = 0;
// A length of sleep that nobody else asks for.
const freshMark = () => `${100000 + process.pid}.${String(++marks).padStart(4, '0')}`;

module.exports = {
  cat, collector, command, freshMark, idle, kMiB, kPath, kSecond, pipeCollector, python, shell,
  spin,
};
