// Contract 1.1: what holds for every route.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { head, kJson } = require('../harness/judge');
const { cat, collector, command, python, shell } = require('../harness/programs');

const test = section('1.1 HTTP', { profile: 'plain' });
const guarded = section('1.1 auth', { profile: 'guarded' });

const printing = (escapes) => command(['/usr/bin/printf', escapes]);
const bodyOf = (cmd) => JSON.stringify({ cmd: [cmd] });

test('a short JSON reply has its type and Content-Length', async (judge) => {
  for (const reply of [await judge.post(bodyOf(cat('x'))), await judge.get('/version'),
    await judge.post('')]) {
    check.equal(reply.headers['content-type'], kJson, 'Content-Type');
    check.equal(reply.headers['content-length'], String(reply.body.length), 'Content-Length');
  }
});

test('a long JSON reply is chunked', async (judge) => {
  const reply = await judge.post(bodyOf(cat('x'.repeat(20000))));
  check.equal(reply.headers['transfer-encoding'], 'chunked', 'Transfer-Encoding');
  check.equal(reply.headers['content-length'], undefined, 'Content-Length');
  check.equal(JSON.parse(reply.body)[0].files.stdout.length, 20000, 'length of stdout');
});

test('/run ends its body with one newline, other JSON replies have none', async (judge) => {
  check.match((await judge.post(bodyOf(cat('x')))).body.toString(), /\}\]\n$/, '/run');
  check.match((await judge.get('/version')).body.toString(), /\}$/, '/version');
  check.equal((await judge.post('')).body.toString(), '"EOF"', 'refusal');
});

test('keys of maps are sorted by their bytes', async (judge) => {
  const names = ['b', 'a', 'B', 'é', 'aa', 'Z1'];
  const cmd = shell(names.map((name) => `echo ${name} >${name}`).join(';'), {
    copyOut: names, copyOutCached: [] });
  const [result] = await judge.run({ cmd: [cmd] });
  check.equal(Object.keys(result.files), ['B', 'Z1', 'a', 'aa', 'b', 'stderr', 'stdout', 'é']);
});

test('<, >, & and the line separators are escaped', async (judge) => {
  const reply = await judge.post(bodyOf(printing('<a>&\\342\\200\\250\\342\\200\\251')));
  check.match(reply.body.toString(),
    /"stdout":"\\u003ca\\u003e\\u0026\\u2028\\u2029"/, 'body');
});

test('control characters, quotes and non-ASCII text come back as they were', async (judge) => {
  const text = Array.from({ length: 127 }, (_, code) => String.fromCharCode(code)).join('') +
    '\x7f\\"/ é 漢 😀 \ufffd';
  check.equal((await judge.one(cat(text))).files.stdout, text);
});

for (const [name, escapes, count] of [
  ['a lone byte 0xff', '\\377', 1],
  ['two bad bytes', '\\377\\376', 2],
  ['a character cut off', '\\342\\202', 2],
  ['an overlong form', '\\300\\257', 2],
  ['a surrogate', '\\355\\240\\200', 3],
  ['a code point above U+10FFFF', '\\364\\220\\200\\200', 4],
]) {
  test(`bytes that are not UTF-8 become U+FFFD, one each: ${name}`, async (judge) => {
    const result = await judge.one(printing(`a${escapes}b`));
    check.equal(result.files.stdout, `a${'\ufffd'.repeat(count)}b`);
  });
}

test('the content type of a request does not matter', async (judge) => {
  for (const headers of [{}, { 'Content-Type': 'text/plain' },
    { 'Content-Type': 'application/x-www-form-urlencoded' }]) {
    check.equal((await judge.post(bodyOf(cat('x')), headers)).status, 200, show(headers));
  }
});
const show = (headers) => headers['Content-Type'] ?? 'no content type';

test('unknown fields are ignored', async (judge) => {
  const cmd = { ...cat('x'), unknown: { deep: [1, { a: null }] } };
  const [result] = await judge.run({ cmd: [cmd], more: 'x' });
  check.fields(result, { status: 'Accepted' });
});

test('names of fields match in any case', async (judge) => {
  const text = bodyOf(cat('x')).replace('"cmd"', '"CMD"').replace('"args"', '"aRgS"')
    .replace('"cpuLimit"', '"CPULIMIT"').replace('"memoryLimit"', '"memorylimit"')
    .replaceAll('"content"', '"Content"').replaceAll('"max"', '"MAX"');
  check.fields((await judge.runRaw(text))[0], { status: 'Accepted' });
});

test('null is the zero value of a field', async (judge) => {
  const cmd = { ...cat('x'), stackLimit: null, tty: null, copyIn: null, copyOut: null,
    cpuSetLimit: null, copyOutTruncate: null, copyOutMax: null };
  const [result] = await judge.run({ cmd: [cmd], requestId: null, pipeMapping: null });
  check.fields(result, { status: 'Accepted' });
  check.fields(await judge.one({ ...cat('x'), cpuLimit: null }), {
    status: 'Time Limit Exceeded' }, 'cpuLimit null');
});

test('the last of two equal fields counts', async (judge) => {
  const text = bodyOf(cat('x')).replace('"cpuLimit":', '"cpuLimit":0,"cpuLimit":');
  check.fields((await judge.runRaw(text))[0], { status: 'Accepted' });
});

test('text after the first JSON value is ignored', async (judge) => {
  for (const tail of ['\n', ' garbage {', '{"cmd":[]}', ']']) {
    check.fields((await judge.runRaw(bodyOf(cat('x')) + tail))[0], { status: 'Accepted' });
  }
});

test('white space before the JSON value is allowed', async (judge) => {
  check.fields((await judge.runRaw(` \r\n\t${bodyOf(cat('x'))}`))[0], { status: 'Accepted' });
});

for (const number of ['1.5', '1e9', '-1', '1.0', '18446744073709551616']) {
  test(`${number} is no value of an unsigned field`, async (judge) => {
    const text = bodyOf(cat('x')).replace(/"cpuLimit":\d+/, `"cpuLimit":${number}`);
    await judge.refusedLike(text, 400, /^json: cannot unmarshal number /);
  });
}

for (const number of ['1.5', '1e3', '9223372036854775808']) {
  test(`${number} is no value of a signed field`, async (judge) => {
    const text = bodyOf(cat('x')).replace(/"max":\d+/, `"max":${number}`);
    await judge.refusedLike(text, 400, /^json: cannot unmarshal number /);
  });
}

test('the largest unsigned value is one', async (judge) => {
  const text = bodyOf(cat('x')).replace(/"copyOutMax":\d+|\}\]\}$/, ',"copyOutMax":' +
    '18446744073709551615}]}');
  check.equal((await judge.post(text)).status, 200, 'status code');
});

for (const text of ['01', '+1', '.5', '1.', '0x10', 'NaN']) {
  test(`${text} is no JSON number`, async (judge) => {
    const body = bodyOf(cat('x')).replace(/"cpuLimit":\d+/, `"cpuLimit":${text}`);
    await judge.refusedLike(body, 400, /^invalid character /);
  });
}

test('bad UTF-8 in an input string becomes U+FFFD', async (judge) => {
  const body = Buffer.from(bodyOf(cat('a@@b')), 'latin1');
  body.writeUInt8(0xff, body.indexOf('@@'));
  body.writeUInt8(0xc3, body.indexOf('@'));
  check.equal((await judge.runRaw(body))[0].files.stdout, 'a\ufffd\ufffdb');
});

test('half a surrogate pair in an input string becomes U+FFFD', async (judge) => {
  const body = bodyOf(cat('a@b')).replace('@', '\\ud800');
  check.equal((await judge.runRaw(body))[0].files.stdout, 'a\ufffdb');
});

test('escapes of an input string are read', async (judge) => {
  const body = bodyOf(cat('a@b')).replace('@', '\\ud83d\\ude00\\u0000\\/\\b\\f\\n\\r\\t');
  check.equal((await judge.runRaw(body))[0].files.stdout, 'a😀\0/\b\f\n\r\tb');
});

for (const [method, path] of [
  ['GET', '/'], ['GET', '/nope'], ['POST', '/nope'], ['GET', '/run'], ['PUT', '/run'],
  ['DELETE', '/file'], ['PUT', '/file'], ['POST', '/file/ABCDEFGH'], ['POST', '/version'],
  ['DELETE', '/config'], ['OPTIONS', '/run'], ['POST', '/ws'], ['GET', '/nope/'],
  ['GET', '/Version'], ['GET', '/file/a/b'], ['GET', '//version'],
]) {
  test(`${method} ${path} is not found`, async (judge) => {
    const reply = await judge.request(method, path, method === 'GET' ? {} : { body: '' });
    check.equal([reply.status, reply.body.toString()], [404, '404 page not found']);
    check.equal(reply.headers['content-type'], 'text/plain', 'Content-Type');
  });
}

for (const path of ['/version', '/config', '/file', '/file/ABCDEFGH']) {
  test(`HEAD ${path} is not found`, async (judge) => {
    check.equal((await judge.request('HEAD', path)).status, 404, 'status code');
  });
}

for (const [method, path, code] of [
  ['GET', '/version', 301], ['GET', '/config', 301], ['GET', '/file', 301],
  ['GET', '/file/ABCDEFGH', 301], ['POST', '/run', 307], ['POST', '/file', 307],
  ['DELETE', '/file/ABCDEFGH', 307],
]) {
  test(`${method} ${path}/ is redirected`, async (judge) => {
    const reply = await judge.request(method, `${path}/`, method === 'GET' ? {} : { body: '' });
    check.equal([reply.status, reply.headers.location], [code, path]);
  });
}

test('a query does not change the route', async (judge) => {
  check.equal((await judge.get('/version?x=1')).status, 200, 'status code');
});

test('a connection serves several requests, also when they are sent at once', async (judge) => {
  const connection = judge.connect();
  const body = bodyOf(cat('x'));
  const get = head('GET', '/version', { Host: 'x' });
  const post = head('POST', '/run', { Host: 'x', 'Content-Length': body.length }) + body;
  connection.send(get + post + get);
  for (const pattern of [/buildVersion/, /Accepted/, /buildVersion/]) {
    const reply = await connection.reply();
    check.equal(reply.status, 200, 'status code');
    check.match(reply.body.toString(), pattern, 'body');
  }
  connection.send(post);
  check.equal((await connection.reply()).status, 200, 'status code');
  connection.destroy();
});

test('Connection: close is obeyed', async (judge) => {
  const connection = judge.connect();
  connection.send(head('GET', '/version', { Host: 'x', Connection: 'close' }));
  check.equal((await connection.reply()).status, 200, 'status code');
  check.equal((await connection.closed()).length, 0, 'bytes after the reply');
});

test('an HTTP/1.0 client is answered and its connection closed', async (judge) => {
  const connection = judge.connect();
  connection.send('GET /version HTTP/1.0\r\n\r\n');
  const text = (await connection.closed()).toString();
  check.match(text, /^HTTP\/1\.[01] 200 /, 'status line');
  check.match(text, /"buildVersion"/, 'body');
});

test('a chunked request body is read', async (judge) => {
  const connection = judge.connect();
  connection.send(head('POST', '/run', { Host: 'x', 'Transfer-Encoding': 'chunked' }));
  for (const part of bodyOf(cat('x')).match(/.{1,50}/g)) {
    connection.send(`${part.length.toString(16)}\r\n${part}\r\n`);
  }
  connection.send('0\r\n\r\n');
  check.equal((await connection.reply()).status, 200, 'status code');
  connection.destroy();
});

test('Expect: 100-continue is answered before the body is sent', async (judge) => {
  const connection = judge.connect();
  const body = bodyOf(cat('x'));
  connection.send(head('POST', '/run', { Host: 'x', 'Content-Length': body.length,
    Expect: '100-continue' }));
  while (!connection.received().includes('\r\n\r\n')) await connection.changed();
  check.match(connection.received().toString(), /^HTTP\/1\.1 100 Continue\r\n/);
  connection.send(body);
  check.equal((await connection.reply()).status, 200, 'status code');
  connection.destroy();
});

test('a body that comes byte by byte is read', async (judge) => {
  const connection = judge.connect();
  const body = bodyOf(cat('x'));
  connection.send(head('POST', '/run', { Host: 'x', 'Content-Length': body.length }));
  for (const byte of body) {
    connection.send(byte);
    await new Promise(setImmediate);
  }
  check.equal((await connection.reply()).status, 200, 'status code');
  connection.destroy();
});

async function roundTripOf(judge, size) {
  const cmd = command(['/usr/bin/wc', '-c'], { memoryLimit: 1 << 30,
    files: [{ content: 'x'.repeat(size) }, collector('stdout'), collector('stderr')] });
  check.equal((await judge.one(cmd)).files?.stdout.trim(), String(size), 'bytes that arrived');
}
test('a JSON body of 20 MiB is accepted', (judge) => roundTripOf(judge, 20 << 20));
test('a JSON body of 130 MiB is accepted', (judge) => roundTripOf(judge, 130 << 20),
  { full: true, seconds: 300 });

test('a program that runs longer than any usual HTTP time-out is waited for', async (judge) => {
  const result = await judge.one(python('import time; time.sleep(65)', { clockLimit: 120e9 }));
  check.fields(result, { status: 'Accepted' });
}, { full: true, seconds: 180 });

const kRight = { Authorization: 'Bearer T0k3n-for-tests' };

for (const [name, headers] of [
  ['no Authorization', {}],
  ['another token', { Authorization: 'Bearer other' }],
  ['a token cut off', { Authorization: 'Bearer T0k3n-for-test' }],
  ['a token with more', { Authorization: 'Bearer T0k3n-for-tests2' }],
  ['the scheme in lower case', { Authorization: 'bearer T0k3n-for-tests' }],
  ['two blanks', { Authorization: 'Bearer  T0k3n-for-tests' }],
  ['no scheme', { Authorization: 'T0k3n-for-tests' }],
  ['an empty token', { Authorization: 'Bearer ' }],
]) {
  guarded(`${name} is refused`, async (judge) => {
    for (const [method, path] of [['POST', '/run'], ['GET', '/file'], ['POST', '/file'],
      ['GET', '/file/ABCDEFGH'], ['DELETE', '/file/ABCDEFGH'], ['GET', '/ws'], ['GET', '/stream'],
      ['GET', '/nope']]) {
      const reply = await judge.request(method, path, { headers, body: method === 'POST' ? '{}' :
        undefined });
      check.equal([reply.status, reply.body.length], [401, 0], `${method} ${path}`);
    }
  });
}

guarded('the right token opens every route', async (judge) => {
  const trusted = judge.with(kRight);
  check.fields(await trusted.one(cat('x')), { status: 'Accepted' });
  check.equal((await trusted.get('/file')).status, 200, 'GET /file');
  check.equal((await trusted.get('/nope')).status, 404, 'GET /nope');
});

guarded('/version and /config need no token', async (judge) => {
  check.equal((await judge.get('/version')).status, 200, 'GET /version');
  check.equal((await judge.get('/config')).status, 200, 'GET /config');
});

guarded('a refused request runs nothing and stores nothing', async (judge) => {
  const trusted = judge.with(kRight);
  const before = Object.keys(await trusted.list());
  await judge.post(bodyOf(cat('x', { copyOutCached: ['stdout'] })));
  check.equal(Object.keys(await trusted.list()), before, 'files');
});
