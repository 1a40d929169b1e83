// Contract 2.1, 2.5 and 1.8, and beyond it: start, settings, drain, what stays and what must not.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { Daemon } = require('../harness/daemon');
const host = require('../harness/host');
const { head, Judge } = require('../harness/judge');
const { kListen } = require('../harness/profiles');
const { cat, freshMark, idle, python, shell } = require('../harness/programs');

const test = section('2.1 start', { profile: 'own', seconds: 120 });
const store = section('2.5 file store', { profile: 'own', seconds: 120 });
const end = section('end of the server', { profile: 'own', seconds: 180 });
const monitor = section('1.8 monitor port', { profile: 'own', seconds: 120 });

// Starts a server, calls use(client, daemon), stops it.
async function serving(judge, flags, use, environment = {}) {
  if (!judge.binary) check.skip('--binary is not given');
  fs.mkdirSync(judge.directory, { recursive: true });
  const daemon = await Daemon.start(judge.binary, flags,
    { environment, directory: judge.directory });
  try {
    const context = { ...judge, address: daemon.address, pid: daemon.pid };
    return await use(new Judge(context), daemon);
  } finally {
    await daemon.stop();
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

test('port 0 picks a free port and one line tells it', (judge) =>
  serving(judge, kListen, async (client, daemon) => {
    check.holds(!daemon.address.endsWith(':0'), 'a port', daemon.address);
    check.fields(await client.one(cat('x')), { status: 'Accepted' });
    check.equal(daemon.stderr.match(/listening on /g).length, 1, 'lines that tell it');
  }));

test('long flags with a single dash', (judge) =>
  serving(judge, ['-http-addr', '127.0.0.1:0', '-parallelism=1'], async (client) => {
    check.fields(await client.one(cat('x')), { status: 'Accepted' });
  }));

test('ES_… variables are aliases, below ASSAY_SERVE_JUDGE_…, below flags', async (judge) => {
  const ports = [await freePort(), await freePort(), await freePort()];
  const [es, own, flag] = ports.map((port) => `127.0.0.1:${port}`);
  const listens = (address) => (client, daemon) => check.equal(daemon.address, address);
  await serving(judge, [], listens(es), { ES_HTTP_ADDR: es });
  await serving(judge, [], listens(own),
    { ES_HTTP_ADDR: es, ASSAY_SERVE_JUDGE_HTTP_ADDR: own });
  await serving(judge, ['--http-addr', flag], listens(flag),
    { ES_HTTP_ADDR: es, ASSAY_SERVE_JUDGE_HTTP_ADDR: own });
});

for (const [name, flags] of [
  ['an unknown flag', ['--no-such-flag']], ['a bad size', ['--output-limit', 'much']],
  ['a bad duration', ['--file-timeout', 'soon']], ['a bad cpuset', ['--cpuset', 'x']],
]) {
  test(`${name} is refused at start`, async (judge) => {
    let message = '';
    try {
      await serving(judge, [...kListen, ...flags], () => {});
    } catch (error) {
      message = error.message;
    }
    check.match(message, /^the server ended before it was ready \([1-9]/);
  });
}

test('a mount.yaml that is invalid ends the start', async (judge) => {
  const file = path.join(judge.directory, 'invalid.yaml');
  fs.mkdirSync(judge.directory, { recursive: true });
  for (const text of ['mount: {', 'mount:\n  - {type: nfs, source: /a, target: /b}\n']) {
    fs.writeFileSync(file, text);
    let message = '';
    try {
      await serving(judge, [...kListen, '--mount-conf', file], () => {});
    } catch (error) {
      message = error.message;
    }
    check.match(message, /^the server ended before it was ready \([1-9]/, text);
  }
});

test('the token is not logged', (judge) =>
  serving(judge, [...kListen, '--auth-token', 'h1dden-w0rd'], async (client, daemon) => {
    await client.with({ Authorization: 'Bearer h1dden-w0rd' }).one(cat('x'));
    await client.with({ Authorization: 'Bearer h1dden-w0rd2' }).get('/file');
    await daemon.stop();
    check.equal(daemon.stderr.includes('h1dden-w0rd'), false, 'the token on stderr');
  }));

test('localhost is every loopback address', async (judge) => {
  const port = await freePort();
  await serving(judge, ['--http-addr', `localhost:${port}`], async (client) => {
    for (const address of [`127.0.0.1:${port}`, ...(fs.existsSync('/proc/net/if_inet6') &&
      fs.readFileSync('/proc/net/if_inet6', 'utf8').includes(' lo') ? [`[::1]:${port}`] : [])]) {
      check.equal((await new Judge({ ...client, address }).get('/version')).status, 200, address);
    }
  });
});

store('the default directory is in shared memory and goes with the server', async (judge) => {
  let directory = '';
  await serving(judge, kListen, async (client) => {
    directory = JSON.parse((await client.get('/config')).body).fileStorePath;
    check.match(directory, /^\/dev\/shm\//, 'fileStorePath');
    await client.upload('left', 'behind');
  });
  check.equal(fs.existsSync(directory), false, `${directory} exists`);
});

store('--dir stays, its files are served again under their id', async (judge) => {
  const directory = path.join(judge.directory, 'kept');
  fs.mkdirSync(directory, { recursive: true });
  const flags = [...kListen, '--dir', directory];
  let id = '';
  await serving(judge, flags, async (client) => {
    check.equal(JSON.parse((await client.get('/config')).body).fileStorePath, directory);
    id = await client.upload('name.txt', 'kept');
    check.equal((await client.list())[id], 'name.txt', 'name before');
  });
  await serving(judge, flags, async (client) => {
    check.equal((await client.list())[id], '', 'name in the list');
    const reply = await client.get(`/file/${id}`);
    check.equal([reply.status, reply.body.toString()], [200, 'kept']);
    check.equal(reply.headers['content-disposition'], `attachment; filename="${id}"`);
    const cmd = { ...cat(''), files: [{ fileId: id }, { name: 'stdout', max: 99 }] };
    check.equal((await client.one(cmd)).files.stdout, 'kept', 'as stdin');
    check.equal((await client.delete(`/file/${id}`)).status, 200, 'DELETE');
  });
  check.equal(fs.readdirSync(directory), [], 'files');
});

store('what is written to --dir from outside is served, links out of it are not', async (judge) => {
  const directory = path.join(judge.directory, 'outside');
  fs.mkdirSync(directory, { recursive: true });
  fs.writeFileSync(path.join(directory, 'OUTSIDE2'), 'put there');
  fs.symlinkSync('/etc/passwd', path.join(directory, 'LINKLINK'));
  await serving(judge, [...kListen, '--dir', directory], async (client) => {
    check.equal((await client.get('/file/OUTSIDE2')).body.toString(), 'put there');
    check.equal((await client.get('/file/LINKLINK')).status, 404, 'a link to /etc/passwd');
  });
});

store('--file-timeout removes what nobody asked for', (judge) =>
  serving(judge, [...kListen, '--file-timeout', '2s'], async (client) => {
    const id = await client.upload('old', 'old');
    const goneAfter = await host.eventually(async () => !(id in await client.list()), 40000);
    check.equal(goneAfter, true, 'gone within 40 s');
    check.equal((await client.get(`/file/${id}`)).status, 404, 'status code');
  }), { full: true });

store('use renews --file-timeout', (judge) =>
  serving(judge, [...kListen, '--file-timeout', '25s'], async (client) => {
    const id = await client.upload('used', 'used');
    for (let round = 0; round < 9; ++round) {
      await host.pause(5000);
      check.equal((await client.get(`/file/${id}`)).status, 200, `after ${5 * round + 5} s`);
    }
  }), { full: true });

// Resolves with the reply to a request that a connection of its own sends.
function send(client, cmd) {
  const connection = client.connect();
  const body = JSON.stringify({ cmd: [cmd] });
  connection.send(head('POST', '/run', { Host: 'x', 'Content-Length': body.length }) + body);
  return connection.reply('POST');
}

end('SIGTERM: what runs is finished, new is refused with 503 and Retry-After', (judge) =>
  serving(judge, [...kListen, '--drain-timeout', '30s'], async (client, daemon) => {
    const mark = '3.70815';
    const running = send(client, shell(`sleep ${mark}; echo finished`));
    await host.eventually(() => host.processesWith(mark).length === 1);
    const kept = client.connect();
    kept.send(head('GET', '/version', { Host: 'x' }));
    await kept.reply();
    daemon.signal('SIGTERM');
    const body = JSON.stringify({ cmd: [cat('x')] });
    let refusal = { status: 200 };
    for (const deadline = Date.now() + 4000; refusal.status === 200 && Date.now() < deadline;) {
      kept.send(head('POST', '/run', { Host: 'x', 'Content-Length': body.length }) + body);
      refusal = await kept.reply('POST');
    }
    check.equal(refusal.status, 503, `status code (body ${refusal.body})`);
    check.match(refusal.headers['retry-after'], /^\d+$/, 'Retry-After');
    const reply = await running;
    check.equal(reply.status, 200, 'status code of the one that ran');
    check.match(reply.body.toString(), /"stdout":"finished\\n"/, 'its body');
    const ended = await daemon.exit;
    check.equal(ended.code, 0, 'exit code');
  }));

end('a second SIGTERM stops at once', (judge) =>
  serving(judge, kListen, async (client, daemon) => {
    const mark = freshMark();
    send(client, idle(mark, { clockLimit: 1000e9, cpuLimit: 1000e9 })).catch(() => {});
    await host.eventually(() => host.processesWith(mark).length === 1);
    daemon.signal('SIGTERM');
    await host.pause(200);
    daemon.signal('SIGTERM');
    check.holds(await host.eventually(() => host.processesWith(mark).length === 0),
      'the program to be gone', 'it runs on');
    await daemon.exit;
  }));

for (const name of ['PM2_HOME', 'PM2_JSON_PROCESSING', 'NODE_APP_INSTANCE']) {
  end(`SIGTERM is ignored under PM2, by ${name}, SIGINT is not`, (judge) =>
    serving(judge, kListen, async (client, daemon) => {
      daemon.signal('SIGTERM');
      check.holds(await host.eventually(() => daemon.stderr.includes('left to pm2')),
        'a line about it', daemon.stderr);
      check.fields(await client.one(cat('x')), { status: 'Accepted' });
      check.equal((await daemon.stop('SIGINT')).code, 0, 'ended by SIGINT');
    }, { [name]: '0' }));
}

end('SIGTERM ends a server whose variables of PM2 are empty', (judge) =>
  serving(judge, kListen, async (client, daemon) => {
    check.equal((await daemon.stop('SIGTERM')).code, 0, 'exit code');
  }, { PM2_HOME: '' }));

const facts = () => [...host.cgroups(), ...host.mounts(), ...host.temporaryFiles(),
  ...host.systemVObjects()];

end('nothing is left after SIGTERM', async (judge) => {
  const before = facts();
  let children = [];
  await serving(judge, kListen, async (client, daemon) => {
    await client.run({ cmd: [cat('x'), shell('sleep 1000 & exit 0')] });
    children = host.descendants(daemon.pid);
  });
  check.equal(await host.lasting(before, facts), [], 'what stayed');
  check.equal(children.filter((pid) => /assay/.test(host.readProc(pid, 'comm'))), [], 'processes');
});

end('nothing is left after SIGKILL and a restart', async (judge) => {
  const before = facts();
  const mark = freshMark();
  await serving(judge, kListen, async (client, daemon) => {
    for (let count = 0; count < 3; ++count) send(client, idle(mark)).catch(() => {});
    await client.upload('left', 'behind');
    await host.eventually(() => host.processesWith(mark).length > 0);
    daemon.signal('SIGKILL');
    await daemon.exit;
    check.holds(await host.eventually(() => host.processesWith(mark).length === 0),
      'programs to die with the server', host.processesWith(mark));
  });
  await serving(judge, kListen, async (client) => {
    check.fields(await client.one(cat('x')), { status: 'Accepted' }, 'after the restart');
  });
  check.equal(await host.lasting(before, facts), [], 'what stayed');
});

monitor('/metrics has the names of the contract', async (judge) => {
  const port = await freePort();
  const flags = [...kListen, '--enable-metrics', '--monitor-addr', `127.0.0.1:${port}`];
  await serving(judge, flags, async (client) => {
    await client.one(cat('x', { copyOutCached: ['stdout'] }));
    const monitorClient = new Judge({ ...client, address: `127.0.0.1:${port}` });
    const reply = await monitorClient.get('/metrics');
    check.equal(reply.status, 200, 'status code');
    const text = reply.body.toString();
    for (const [name, type] of Object.entries({
      go_judge_exec_error_count: 'counter', go_judge_exec_time_seconds: 'histogram',
      go_judge_exec_memory_bytes: 'histogram', go_judge_file_size_bytes: 'histogram',
      go_judge_file_current_bytes_count: 'gauge', go_judge_file_current_bytes_sum: 'gauge',
      go_judge_environment_count: 'counter', go_judge_environment_current_count: 'gauge',
      go_judge_worker_queue_count: 'gauge', go_judge_worker_running_count: 'gauge',
      gin_requests_total: 'counter', gin_request_duration_seconds: 'histogram',
      gin_request_size_bytes: 'summary', gin_response_size_bytes: 'summary',
    })) {
      check.match(text, new RegExp(`^# TYPE ${name} ${type}$`, 'm'), name);
    }
    check.match(text, /^go_judge_exec_time_seconds_count\{status="Accepted"\} 1$/m, 'runs');
    for (const route of ['/healthz', '/readyz']) {
      check.equal((await monitorClient.get(route)).status, 200, route);
    }
    check.equal((await monitorClient.get('/nope')).status, 404, '/nope');
  });
});

// The value of one sample; undefined when it is not there.
const sampleOf = (text, series) =>
  text.split('\n').find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);

monitor('the groups of programs count what programs use', async (judge) => {
  const port = await freePort();
  const flags = [...kListen, '--enable-metrics', '--monitor-addr', `127.0.0.1:${port}`];
  await serving(judge, flags, async (client) => {
    const { runnerConfig } = JSON.parse((await client.get('/config')).body);
    if (runnerConfig.cgroupType === 0) check.skip('no control groups');
    const monitorClient = new Judge({ ...client, address: `127.0.0.1:${port}` });
    const figures = async () => {
      const text = (await monitorClient.get('/metrics')).body.toString();
      return ['cpu_seconds', 'memory_bytes', 'memory_max_bytes'].map((name) =>
        Number(sampleOf(text, `go_judge_cgroup_${name}{type="containers"}`)));
    };
    const [before] = await figures();
    const script = 'import time\nb = bytearray(48 << 20)\nwhile time.process_time() < 0.3: pass';
    const result = await client.one(python(script));
    check.fields(result, { status: 'Accepted' });
    const [after, memory, peak] = await figures();
    check.holds(after - before >= result.time / 1e9 - 0.001, 'the CPU time of the run',
      { before, after, result });
    if (runnerConfig.cgroupControllers.includes('memory')) {
      check.holds(peak >= 48 << 20 && peak >= memory, 'a peak above what was used',
        { memory, peak });
    }
    const text = (await monitorClient.get('/metrics')).body.toString();
    check.match(text, /^# TYPE go_judge_cgroup_cpu_seconds counter$/m);
    check.match(text, /^# TYPE go_judge_cgroup_memory_bytes gauge$/m);
  });
});

monitor('it needs no token', async (judge) => {
  const port = await freePort();
  await serving(judge, [...kListen, '--enable-metrics', '--auth-token', 'x', '--monitor-addr',
    `127.0.0.1:${port}`], async (client) => {
    const reply = await new Judge({ ...client, address: `127.0.0.1:${port}` }).get('/metrics');
    check.equal(reply.status, 200, 'status code');
  });
});
