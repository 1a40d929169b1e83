// More requests than can be served, and clients that do not wait for the answer.
'use strict';

const os = require('node:os');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const host = require('../harness/host');
const { head } = require('../harness/judge');
const { cat, collector, freshMark, idle, shell, spin } = require('../harness/programs');
const { leavesNothing, recovers, serving } = require('../harness/server');
const { frame, rawSocket } = require('../harness/websocket');

const test = section('load', { profile: 'fault', seconds: 600 });

const requestOf = (cmd) => {
  const body = JSON.stringify({ cmd: [cmd] });
  return head('POST', '/run', { Host: 'x', 'Content-Length': Buffer.byteLength(body) }) + body;
};

// Runs/s that `width` clients get who wait for each answer.
async function capacity(client, width, milliseconds) {
  let count = 0;
  const until = Date.now() + milliseconds;
  await Promise.all(Array.from({ length: width }, async () => {
    const connection = client.connect();
    while (Date.now() < until) {
      connection.send(requestOf(cat('x')));
      check.equal((await connection.reply()).status, 200, 'status code');
      ++count;
    }
    connection.destroy();
  }));
  return (count * 1000) / milliseconds;
}

// Sends one request on a connection of its own and counts how it was answered.
async function ask(client, request, outcome) {
  const connection = client.connect();
  connection.send(request);
  try {
    const reply = await connection.reply();
    const text = reply.body.toString();
    if (reply.status === 200 && JSON.parse(text)[0].status === 'Accepted') ++outcome.run;
    else if (reply.status === 500 && text === '"worker queue is full"') ++outcome.refused;
    else outcome.odd.push(`${reply.status} ${text}`);
  } catch (error) {
    outcome.odd.push(String(error));
  }
  connection.destroy();
}

test('at twice the capacity every request is run or refused, memory stays flat', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    const rate = 2 * await capacity(client, os.cpus().length, 2000);
    const request = requestOf(cat('x'));
    const outcome = { run: 0, refused: 0, odd: [] };
    const asked = [];
    const began = Date.now();
    const memory = [];
    while (Date.now() - began < judge.seconds * 1000) {
      // An open loop: as many as the clock asks for, whatever was answered.
      const due = ((Date.now() - began) / 1000) * rate;
      while (asked.length < due) asked.push(ask(client, request, outcome));
      memory.push(host.memoryOf(client.pid));
      await host.pause(10);
    }
    await Promise.all(asked);
    check.equal(outcome.odd.slice(0, 3), [], 'other outcomes');
    check.equal(outcome.run + outcome.refused, asked.length, 'answers');
    // Once the queue has been full, more of the same needs no more memory.
    const middle = Math.max(...memory.slice(0, memory.length / 2));
    const last = Math.max(...memory.slice(memory.length / 2));
    const isFlat = last < middle * 1.1 + (4 << 20);
    check.holds(judge.sanitized || isFlat, 'flat memory', { middle, last });
    await recovers(client, 'after it');
  })));

// One of the ways in which a client starts something and is gone before it has the answer.
const kDepartures = [
  async (client, cmd) => {
    const connection = client.connect();
    connection.send(requestOf(cmd));
    return () => connection.destroy();
  },
  async (client, cmd) => {
    const connection = client.connect();
    const text = requestOf(cmd);
    connection.send(text.slice(0, Math.floor(Math.random() * text.length)));
    return () => connection.destroy();
  },
  async (client, cmd) => {
    const connection = await rawSocket(client, '/ws');
    connection.send(frame(1, JSON.stringify({ requestId: 'a', cmd: [cmd] })));
    return () => connection.destroy();
  },
  async (client, cmd) => {
    const connection = await rawSocket(client, '/stream');
    const streams = { ...cmd, files: [{ streamIn: true }, { streamOut: true }] };
    connection.send(frame(2, `\x01${JSON.stringify({ cmd: [streams] })}`));
    return () => connection.destroy();
  },
  async (client, cmd) => {
    const connection = client.connect();
    connection.send(requestOf(cmd));
    return () => connection.socket.resetAndDestroy();
  },
];

test('clients that vanish at random moments leave nothing running', (judge) =>
  leavesNothing(() => serving(judge, [], async (client) => {
    const mark = freshMark();
    const slow = (script) => shell(script, { files: [{ content: '' }, collector('stdout')] });
    const programs = [idle(mark), spin(), cat('x'), slow('yes'),
      slow(`(sleep ${mark} &) ; sleep 1`)];
    let left = judge.clients;
    const clientLoop = async () => {
      while (left-- > 0) {
        const depart = kDepartures[Math.floor(Math.random() * kDepartures.length)];
        const cmd = programs[Math.floor(Math.random() * programs.length)];
        const leave = await depart(client, cmd);
        await host.pause(Math.random() * 120);
        leave();
      }
    };
    await Promise.all(Array.from({ length: 16 }, clientLoop));
    check.holds(await host.eventually(() => host.processesWith(mark).length === 0, 30000),
      'no program left', host.processesWith(mark));
    await recovers(client, 'after it');
  })));
