// Two clients of the judge's WebSockets: one over the npm package `ws`, one over a plain socket
// that sees every frame.
'use strict';

const crypto = require('node:crypto');
const os = require('node:os');
const path = require('node:path');

const check = require('./check');
const { Connection, head } = require('./http');

// From $NODE_PATH, else from where internal/dev/setup puts it.
function packageWs() {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
  for (const place of ['ws', path.join(cache, 'assay/npm/node_modules/ws')]) {
    try {
      return require(place);
    } catch {
      // the next
    }
  }
  return check.skip('the npm package ws is not installed: run internal/dev/setup');
}

const kOutput = 2;
const kInput = 3;
const kCancel = 4;

// Messages in their order, awaited one by one.
class Socket {
  constructor(judge, path, options = {}) {
    const WebSocket = packageWs();
    this.messages = [];
    this.wake = () => {};
    this.close = null;  // {code, reason} once closed
    this.ws = new WebSocket(`ws://${judge.address}${path}`, {
      headers: judge.headers, maxPayload: 1 << 30, perMessageDeflate: false, ...options });
    this.ws.on('message', (data, isBinary) => {
      this.messages.push({ data, isBinary });
      this.wake();
    });
    this.ws.on('close', (code, reason) => {
      this.close = { code, reason: reason.toString() };
      this.wake();
    });
    this.ws.on('error', (error) => {
      this.error = error;
      this.wake();
    });
  }

  async opened() {
    while (this.ws.readyState === 0 && !this.error) {
      await new Promise((resolve) => {
        this.ws.once('open', resolve);
        this.wake = resolve;
      });
    }
    if (this.error) throw this.error;
    return this;
  }

  async #changed() {
    await new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  async message() {
    while (this.messages.length === 0) {
      if (this.close) check.fail('a message', `the end of the connection, ${this.close.code}`);
      await this.#changed();
    }
    return this.messages.shift();
  }

  // The code with which the connection ended; 1006: without a close frame.
  async closeCode() {
    while (!this.close) await this.#changed();
    return this.close.code;
  }

  send(data) {
    this.ws.send(data);
  }

  end() {
    this.ws.terminate();
  }
}

const open = (judge, path, options) => new Socket(judge, path, options).opened();

// /ws: JSON both ways.
class Requests extends Socket {
  static async open(judge, options) {
    return new Requests(judge, '/ws', options).opened();
  }

  request(value) {
    this.send(JSON.stringify(value));
  }

  // The next reply, held against the shape that all have.
  async reply() {
    const { data, isBinary } = await this.message();
    const text = data.toString();
    check.equal(isBinary, false, 'a binary message');
    check.match(text, /\}\n$/, 'JSON and a newline');
    const reply = JSON.parse(text);
    check.equal(Object.keys(reply), 'error' in reply ? ['requestId', 'results', 'error'] :
      ['requestId', 'results'], 'fields of a reply');
    return reply;
  }
}

// /stream: a type byte first.
class Stream extends Socket {
  static async open(judge, options) {
    return new Stream(judge, '/stream', options).opened();
  }

  start(request) {
    this.send(Buffer.from(`\x01${JSON.stringify(request)}`));
  }

  input(index, fd, text) {
    this.send(Buffer.concat([Buffer.from([kInput, (index << 4) | fd]), Buffer.from(text)]));
  }

  resize(value) {
    this.send(Buffer.from(`\x02${JSON.stringify(value)}`));
  }

  cancel() {
    this.send(Buffer.from([kCancel]));
  }

  // {output, index, fd} or {results}.
  async next() {
    const { data, isBinary } = await this.message();
    check.equal(isBinary, true, 'a binary message');
    if (data[0] === kOutput) {
      return { index: data[1] >> 4, fd: data[1] & 15, output: data.subarray(2).toString('latin1') };
    }
    check.equal(data[0], 1, 'type of the message');
    const text = data.subarray(1).toString();
    check.match(text, /\}\n$/, 'JSON and a newline');
    const response = JSON.parse(text);
    check.equal(Object.keys(response), ['requestId', 'results'], 'fields of the response');
    check.equal(response.requestId, '', 'requestId');
    return { results: response.results };
  }

  // All outputs, joined by "index/fd", until the result; then the connection must end bare.
  async finish() {
    const outputs = {};
    for (;;) {
      const next = await this.next();
      if (next.results) {
        check.equal(await this.closeCode(), 1006, 'close code');
        check.equal(this.messages.length, 0, 'messages after the result');
        return { outputs, results: next.results };
      }
      const key = `${next.index}/${next.fd}`;
      outputs[key] = (outputs[key] ?? '') + next.output;
    }
  }

  // Reads output until all that came matches.
  async until(pattern) {
    for (let seen = ''; !pattern.test(seen); ) {
      const next = await this.next();
      if (next.results) check.fail(String(pattern), check.show({ seen, ...next }));
      seen += next.output;
    }
  }
}

function frame(opcode, payload) {
  const bytes = Buffer.from(payload);
  const mask = crypto.randomBytes(4);
  const length = bytes.length < 126 ? Buffer.from([0x80 | bytes.length]) :
    Buffer.from([0x80 | 126, bytes.length >> 8, bytes.length & 255]);
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask,
    bytes.map((byte, at) => byte ^ mask[at % 4])]);
}

// The opcodes of the whole frames in `data`.
function opcodes(data) {
  const found = [];
  for (let at = 0; at + 2 <= data.length; ) {
    let length = data[at + 1] & 127;
    let skip = 2;
    if (length === 126) [length, skip] = [data.readUInt16BE(at + 2), 4];
    if (length === 127) [length, skip] = [Number(data.readBigUInt64BE(at + 2)), 10];
    found.push(data[at] & 15);
    at += skip + length;
  }
  return found;
}

// A WebSocket by hand: resolves with its connection once the upgrade is answered.
async function rawSocket(judge, path, headers = {}) {
  const connection = new Connection(judge.address);
  connection.send(head('GET', path, { Host: judge.address, Connection: 'Upgrade',
    Upgrade: 'websocket', 'Sec-WebSocket-Version': 13,
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', ...judge.headers, ...headers }));
  while (!connection.received().includes('\r\n\r\n') && !connection.ended) {
    await connection.changed();
  }
  const text = connection.received();
  const end = text.indexOf('\r\n\r\n');
  check.match(text.toString('latin1', 0, end), /^HTTP\/1\.1 101 /, 'answer to the upgrade');
  connection.upgrade = text.toString('latin1', 0, end);
  connection.pieces = [text.subarray(end + 4)];
  return connection;
}

module.exports = { frame, opcodes, open, rawSocket, Requests, Stream };
