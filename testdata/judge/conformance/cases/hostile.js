// Clients that try to be misread: framing, heads and upgrades that could mean two things.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const host = require('../harness/host');
const { head } = require('../harness/judge');
const { freshMark, idle } = require('../harness/programs');

const framing = section('hostile framing', { profile: 'plain' });
const heads = section('hostile heads', { profile: 'plain' });
const upgrade = section('hostile upgrades', { profile: 'plain' });
const departure = section('hostile departures', { profile: 'plain' });

const kNext = 'GET /version HTTP/1.1\r\nHost: x\r\n\r\n';
const post = (fields, body) => `POST /run HTTP/1.1\r\nHost: x\r\n${fields}\r\n${body}`;
const get = (target, fields = '') => `GET ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

// Sends it all and returns the status codes of all answers until the server hangs up.
async function codesUntilClosed(judge, text) {
  const connection = judge.connect();
  connection.send(Buffer.from(text, 'latin1'));
  const answers = (await connection.closed()).toString('latin1');
  connection.destroy();
  return (answers.match(/HTTP\/1\.[01] \d{3}/g) ?? []).map((line) => Number(line.slice(9)));
}

async function codeOf(judge, text) {
  const connection = judge.connect();
  connection.send(Buffer.from(text, 'latin1'));
  const { status } = await connection.reply();
  connection.destroy();
  return status;
}

const kChunked = 'Transfer-Encoding: chunked\r\n';

// Refused, and what stands behind is not taken for a request.
for (const [name, text, code] of [
  ['Content-Length and chunks', post(`Content-Length: 60\r\n${kChunked}`, '0\r\n\r\n'), 400],
  ['chunks and Content-Length', post(`${kChunked}Content-Length: 60\r\n`, '0\r\n\r\n'), 400],
  ['two lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), 400],
  ['a list of two lengths', post('Content-Length: 2, 3\r\n', '{}'), 400],
  ['a signed length', post('Content-Length: +2\r\n', '{}'), 400],
  ['a length with a blank', post('Content-Length: 2 2\r\n', '{}'), 400],
  ['a hexadecimal length', post('Content-Length: 0x2\r\n', '{}'), 400],
  ['an empty length', post('Content-Length:\r\n', '{}'), 400],
  ['a length of 2^64', post('Content-Length: 18446744073709551616\r\n', '{}'), 400],
  ['a blank before the colon', post('Content-Length : 2\r\n', '{}'), 400],
  ['chunked twice', post(kChunked + kChunked, '0\r\n\r\n'), 400],
  ['chunked, chunked', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'), 501],
  ['chunked, then identity', post(`${kChunked}Transfer-Encoding: identity\r\n`, '0\r\n\r\n'),
    400],
  ['identity, then chunked', post(`Transfer-Encoding: identity\r\n${kChunked}`, '0\r\n\r\n'),
    501],
  ['gzip', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), 501],
  ['a coding with a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'), 400],
  ['chunks in HTTP/1.0',
    `POST /run HTTP/1.0\r\nConnection: keep-alive\r\n${kChunked}\r\n0\r\n\r\n`, 400],
  ['a chunk size of 0x2', post(kChunked, '0x2\r\n{}\r\n0\r\n\r\n'), 400],
  ['a signed chunk size', post(kChunked, '+2\r\n{}\r\n0\r\n\r\n'), 400],
  ['a blank before a chunk size', post(kChunked, ' 2\r\n{}\r\n0\r\n\r\n'), 400],
  ['a chunk size beyond 64 bits', post(kChunked, '10000000000000002\r\n{}\r\n0\r\n\r\n'), 400],
  ['a chunk longer than its size', post(kChunked, '2\r\n{}x\r\n0\r\n\r\n'), 400],
  ['a line feed in a chunk extension', post(kChunked, '2;a\nb\r\n{}\r\n0\r\n\r\n'), 400],
  ['a length in the trailer', post(kChunked, '0\r\nContent-Length: 5\r\n\r\n'), 400],
  ['a trailer of 200 kB', post(kChunked, `0\r\nX: ${'a'.repeat(200000)}\r\n\r\n`), 400],
]) {
  framing(`${name}: one refusal, then the end`, async (judge) =>
    check.equal(await codesUntilClosed(judge, text + kNext), [code]));
}

framing('chunk extensions and trailers are passed over', async (judge) => {
  const connection = judge.connect();
  connection.send(post(kChunked, '1;a=b;c="d\\"e"\r\n{\r\n1\r\n}\r\n0;x\r\nX: y\r\n\r\n') + kNext);
  check.equal((await connection.reply()).body.toString(), '"no cmd provided"', 'the body read');
  check.equal((await connection.reply()).status, 200, 'status code of the next');
  connection.destroy();
});

framing('a body behind a GET or an unknown route is no request', async (judge) => {
  const connection = judge.connect();
  const body = (method, target) =>
    head(method, target, { Host: 'x', 'Content-Length': kNext.length }) + kNext;
  connection.send(body('GET', '/version') + body('POST', '/nope') + body('HEAD', '/run') + kNext);
  for (const [code, method] of [[200, 'GET'], [404, 'POST'], [404, 'HEAD'], [200, 'GET']]) {
    check.equal((await connection.reply(method)).status, code, method);
  }
  await host.pause(100);
  check.equal(connection.received().length, 0, 'bytes after the answers');
  connection.destroy();
});

for (const [name, text, code] of [
  ['two hosts', 'GET /version HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n', 400],
  ['no host', 'GET /version HTTP/1.1\r\n\r\n', 400],
  ['a host with a blank', 'GET /version HTTP/1.1\r\nHost: x y\r\n\r\n', 400],
  ['a host with a path', 'GET /version HTTP/1.1\r\nHost: x/y\r\n\r\n', 400],
  ['bare line feeds', 'GET /version HTTP/1.1\nHost: x\n\n', 400],
  ['one bare line feed', 'GET /version HTTP/1.1\r\nHost: x\nX: y\r\n\r\n', 400],
  ['a bare carriage return', get('/version', 'X: a\rY: b\r\n'), 400],
  ['NUL in a value', get('/version', 'X: a\0b\r\n'), 400],
  ['NUL in a name', get('/version', 'X\0: b\r\n'), 400],
  ['an empty name', get('/version', ': b\r\n'), 400],
  ['a line without colon', get('/version', 'abc\r\n'), 400],
  ['a folded first field', 'GET /version HTTP/1.1\r\n X: y\r\nHost: x\r\n\r\n', 400],
  ['blanks before the method', `  ${kNext}`, 400],
  ['two blanks', 'GET  /version HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['tabs', 'GET\t/version\tHTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['HTTP/0.9', 'GET /version\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a method that is no token', 'G@T /version HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a control character in the target', get('/ver\x01sion'), 400],
  ['an authority as target', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ['a head of 70 kB', get('/version', `X: ${'a'.repeat(70000)}\r\n`), 431],
  ['a target of 70 kB', get(`/${'a'.repeat(70000)}`), 431],
  ['an absolute target', get('http://other/version'), 200],
  ['an absolute target without path', get('http://other?x=/version'), 404],
  ['an empty host', 'GET /version HTTP/1.1\r\nHost:\r\n\r\n', 200],
  ['a folded field', get('/version', 'X: a\r\n b\r\n'), 200],
  ['empty lines before the request', `\r\n\r\n${kNext}`, 200],
  ['dots', get('/file/../version'), 404],
  ['escaped dots', get('/file/%2e%2e%2fpasswd'), 404],
  ['an expectation that is unknown', get('/version', 'Expect: more\r\n'), 417],
]) {
  heads(`${name}: ${code}`, async (judge) => check.equal(await codeOf(judge, text), code));
}

heads('a redirect shows nothing of the client as HTML or as a field', async (judge) => {
  const reply = await judge.get('/file/a%0d%0aX-Evil:%20y%3cb%3e/?q="><script>');
  check.equal([reply.status, reply.headers['x-evil']], [301, undefined]);
  check.holds(!/<script|<b>/.test(reply.body.toString()), 'no markup', reply.body.toString());
});

const kUpgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

for (const route of ['/ws', '/stream']) {
  for (const [name, text, code] of [
    ['a body', get(route, `${kUpgrade}Content-Length: 5\r\n`) + 'hello', 400],
    ['an empty body in chunks', get(route, kUpgrade + kChunked) + '0\r\n\r\n', 400],
    ['another version', get(route, kUpgrade.replace('13', '8')), 400],
    ['another protocol', get(route, kUpgrade.replace('websocket', 'h2c')), 400],
    ['a short key', get(route, kUpgrade.replace('dGhlIHNhbXBsZSBub25jZQ==', 'abc')), 400],
    ['HTTP/1.0', get(route, kUpgrade).replace('HTTP/1.1', 'HTTP/1.0'), 400],
    ['nothing wrong', get(route, kUpgrade), 101],
  ]) {
    upgrade(`${route} with ${name}: ${code}`, async (judge) => {
      const connection = judge.connect();
      connection.send(text);
      while (!connection.received().includes('\r\n\r\n')) await connection.changed();
      check.match(connection.received().toString(), new RegExp(`^HTTP/1\\.[01] ${code} `));
      connection.destroy();
    });
  }
}

upgrade('on a route that has none it is passed over', async (judge) =>
  check.equal(await codeOf(judge, get('/version', kUpgrade)), 200));

for (const [name, stray] of [
  ['a few bytes', 'xyz'], ['more than is read ahead', 'x'.repeat(100000)],
  ['another request', kNext],
]) {
  departure(`a client that goes, ${name} behind its request, ends its run`, async (judge) => {
    const mark = freshMark();
    const connection = judge.connect();
    const body = JSON.stringify({ cmd: [idle(mark)] });
    connection.send(post(`Content-Length: ${body.length}\r\n`, body + stray));
    const running = () => host.processesWith(mark).length;
    check.holds(await host.eventually(() => running() === 1), 'one program', running());
    connection.destroy();
    check.holds(await host.eventually(() => running() === 0), 'none when the client has gone',
      running());
  });
}
