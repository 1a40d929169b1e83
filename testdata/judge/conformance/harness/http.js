// HTTP over plain sockets: what is sent and received is seen byte by byte, nothing is normalised.
'use strict';

const net = require('node:net');

function split(address) {
  const colon = address.lastIndexOf(':');
  return {
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
  };
}

// One head: status line and fields, names in lower case, as the server sent them in `rawHeaders`.
function parseHead(text) {
  const [first, ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(first);
  if (!status) throw new Error(`no HTTP status line: ${JSON.stringify(first.slice(0, 80))}`);
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw new Error(`no header field: ${JSON.stringify(line)}`);
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(status[1]), headers, rawHeaders: lines };
}

// Returns {body, rest} or null when `data` does not hold the whole chunked body yet.
function parseChunks(data) {
  const parts = [];
  for (let at = 0; ; ) {
    const end = data.indexOf('\r\n', at);
    if (end < 0) return null;
    const size = parseInt(data.toString('latin1', at, end), 16);
    if (Number.isNaN(size)) throw new Error('bad chunk size');
    const begin = end + 2;
    if (data.length < begin + size + 2) return null;
    if (size === 0) return { body: Buffer.concat(parts), rest: data.subarray(begin + 2) };
    parts.push(data.subarray(begin, begin + size));
    at = begin + size + 2;
  }
}

// The first whole reply in `data` as {reply, rest}, or null. `method` matters: HEAD has no body.
function parseReply(data, method, ended) {
  const headEnd = data.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const reply = parseHead(data.toString('latin1', 0, headEnd));
  const rest = data.subarray(headEnd + 4);
  if (reply.status < 200) return parseReply(rest, method, ended);
  const bodiless = method === 'HEAD' || reply.status === 204 || reply.status === 304;
  if (bodiless) return { reply: { ...reply, body: Buffer.alloc(0) }, rest };
  if (reply.headers['transfer-encoding'] === 'chunked') {
    const chunks = parseChunks(rest);
    return chunks && { reply: { ...reply, body: chunks.body }, rest: chunks.rest };
  }
  if (reply.headers['content-length'] === undefined) {
    return ended ? { reply: { ...reply, body: rest }, rest: Buffer.alloc(0) } : null;
  }
  const length = Number(reply.headers['content-length']);
  if (rest.length < length) return null;
  return { reply: { ...reply, body: rest.subarray(0, length) }, rest: rest.subarray(length) };
}

// A connection on which raw bytes are sent and whole replies are awaited, one after the other.
class Connection {
  constructor(address) {
    this.socket = net.connect({ ...split(address), noDelay: true });
    this.pieces = [];
    this.ended = false;
    this.error = null;
    this.wake = () => {};
    this.socket.on('data', (piece) => this.pieces.push(piece) && this.wake());
    this.socket.on('end', () => this.#end());
    this.socket.on('close', () => this.#end());
    this.socket.on('error', (error) => {
      this.error = error;
      this.#end();
    });
  }

  #end() {
    this.ended = true;
    this.wake();
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  // All that came and was not taken yet.
  received() {
    if (this.pieces.length > 1) this.pieces = [Buffer.concat(this.pieces)];
    return this.pieces[0] ?? Buffer.alloc(0);
  }

  async changed() {
    if (this.ended) return;
    await new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  // Rejects when the connection ends before a whole reply.
  async reply(method = 'GET') {
    for (;;) {
      const found = parseReply(this.received(), method, this.ended);
      if (found) {
        this.pieces = [found.rest];
        return found.reply;
      }
      if (this.ended) {
        throw new Error(`connection ended before the reply: ${this.error ?? 'closed by server'}`);
      }
      await this.changed();
    }
  }

  // Waits until the server has closed; resolves with all bytes not taken before.
  async closed() {
    while (!this.ended) await this.changed();
    return this.received();
  }

  destroy() {
    this.socket.destroy();
  }
}

function head(method, path, headers) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

// One request on a connection of its own. `body` is a string or Buffer.
async function request(address, method, path, { headers = {}, body } = {}) {
  const connection = new Connection(address);
  try {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const all = { Host: address, Connection: 'close', ...length, ...headers };
    connection.send(head(method, path, all));
    if (body !== undefined) connection.send(body);
    return await connection.reply(method);
  } finally {
    connection.destroy();
  }
}

module.exports = { Connection, head, request, split };
