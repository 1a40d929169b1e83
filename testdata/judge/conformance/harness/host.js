// The host seen from outside: what a server and its programs have and leave. Reads only.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const kCgroupRoot = '/sys/fs/cgroup';

function pids() {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function readProc(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';  // it has ended
  }
}

// "812 (name) S 1 …": the name may hold blanks and brackets.
function statFields(pid) {
  const text = readProc(pid, 'stat');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

const stateOf = (pid) => statFields(pid)[0] || 'gone';
const parentOf = (pid) => Number(statFields(pid)[1]);

// Live processes whose command line has this word.
function processesWith(mark) {
  return pids().filter(
    (pid) => pid !== process.pid && readProc(pid, 'cmdline').split('\0').includes(mark) &&
      stateOf(pid) !== 'Z');
}

function descendants(pid) {
  const children = new Map();
  for (const child of pids()) {
    const parent = parentOf(child);
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push(child);
  }
  const found = [];
  const visit = (parent) => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

function cgroups() {
  const found = [];
  const visit = (directory) => {
    let entries = [];
    try {
      entries = fs.readdirSync(directory, { withFileTypes: true });
    } catch {
      return;  // removed meanwhile
    }
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const below = path.join(directory, entry.name);
      found.push(below);
      visit(below);
    }
  };
  visit(kCgroupRoot);
  return found;
}

const isUnified = () => fs.existsSync(`${kCgroupRoot}/cgroup.controllers`);

const mounts = () =>
  fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line !== '');

// A root caller's boxes have uids of their own and a judge's own files say so in their names: what
// else root makes is somebody else's.
function mayBeALeftover(file) {
  if (process.getuid() !== 0 || /assay|judge/.test(file)) return true;
  try {
    return fs.lstatSync(file).uid !== 0;
  } catch {
    return false;  // removed meanwhile
  }
}

// Names in the places where temporary things are put.
function temporaryFiles() {
  return ['/tmp', '/var/tmp', '/dev/shm', '/run', '/dev/mqueue'].flatMap((directory) => {
    try {
      return fs.readdirSync(directory).map((name) => path.join(directory, name));
    } catch {
      return [];
    }
  }).filter(mayBeALeftover);
}

function systemVObjects() {
  return ['shm', 'sem', 'msg'].flatMap((kind) =>
    readProc('sysvipc', kind).split('\n').slice(1).filter((line) => line !== '')
      .map((line) => `${kind} ${line.trim().split(/\s+/).slice(0, 2).join(' ')}`));
}

const descriptors = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

// Resident bytes of one process.
function memoryOf(pid) {
  const line = /VmRSS:\s+(\d+) kB/.exec(readProc(pid, 'status'));
  return line ? Number(line[1]) * 1024 : 0;
}

// "Max stack size 8388608 unlimited bytes" -> "8388608"
function limitOf(pid, name) {
  const line = readProc(pid, 'limits').split('\n').find((text) => text.startsWith(name));
  return line.slice(name.length).trim().split(/\s+/)[0];
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Looks until `look()` is true; false when the patience is over.
async function eventually(look, milliseconds = 15000) {
  const deadline = Date.now() + milliseconds;
  while (!(await look())) {
    if (Date.now() > deadline) return false;
    await pause(20);
  }
  return true;
}

// What is there now and was not in `before`, and is there at every look until the patience is over:
// [] when nothing stayed. Others use the host at the same time.
async function lasting(before, now, milliseconds = 15000) {
  const known = new Set(before);
  let left = now().filter((entry) => !known.has(entry));
  await eventually(() => {
    const there = new Set(now());
    left = left.filter((entry) => there.has(entry));
    return left.length === 0;
  }, milliseconds);
  return left;
}

module.exports = {
  cgroups, descendants, descriptors, eventually, isUnified, lasting, limitOf, memoryOf, mounts,
  parentOf, pause, pids, processesWith, readProc, stateOf, systemVObjects, temporaryFiles,
};
