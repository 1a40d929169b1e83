// Contract 1.4: /version and /config; 2.2: what --mount-conf changes in them and inside.
'use strict';

const check = require('../harness/check');
const { section } = require('../harness/cases');
const { kJson } = require('../harness/judge');
const { shell } = require('../harness/programs');

const test = section('1.4 documents', { profile: 'plain' });
const mounted = section('2.2 mount.yaml', { profile: 'mounted' });

const kAbilities = ['addressSpaceLimit', 'copyOutOptional', 'copyOutTruncate', 'fixSymlinkEscape',
  'pipeProxy', 'pipeProxyZeroCopy', 'procPeak', 'stream', 'symlink'];
const kMountKeys = ['Source', 'Target', 'FsType', 'Data', 'Flags'];
const kReadOnly = 1;
const kBind = 4096;

async function document(judge, path) {
  const reply = await judge.get(path);
  check.equal([reply.status, reply.headers['content-type']], [200, kJson], path);
  return JSON.parse(reply.body);
}

test('/version has its fields, sorted, and no others', async (judge) => {
  const version = await document(judge, '/version');
  check.equal(Object.keys(version),
    [...kAbilities, 'buildVersion', 'goVersion', 'platform', 'os'].sort());
});

test('/version tells v1.12.2 on linux', async (judge) => {
  const version = await document(judge, '/version');
  check.fields(version, { buildVersion: 'v1.12.2', goVersion: /./, os: 'linux',
    platform: { x64: 'amd64', arm64: 'arm64' }[process.arch] });
  for (const name of kAbilities) check.equal(version[name], true, name);
});

test('/config has its fields, sorted, and no others', async (judge) => {
  const config = await document(judge, '/config');
  check.equal(Object.keys(config), [...kAbilities, 'fileStorePath', 'runnerConfig'].sort());
  for (const name of kAbilities) check.equal(config[name], true, name);
  check.match(config.fileStorePath, /^\//, 'fileStorePath');
});

test('runnerConfig has its fields, sorted', async (judge) => {
  const { runnerConfig } = await document(judge, '/config');
  const names = ['cgroupControllers', 'cgroupType', 'domainName', 'gid', 'hostName', 'maskedPaths',
    'mount', 'symbolicLink', 'uid', 'workDir'];
  if ('clone3' in runnerConfig) names.push('clone3');
  check.equal(Object.keys(runnerConfig), names.sort());
  check.fields(runnerConfig, { domainName: 'executor_server', hostName: 'executor_server',
    workDir: '/w', uid: 1000, gid: 1000 });
  check.holds([undefined, true].includes(runnerConfig.clone3), 'clone3 true or absent',
    runnerConfig.clone3);
});

test('cgroupType and cgroupControllers', async (judge) => {
  const { cgroupType, cgroupControllers } = (await document(judge, '/config')).runnerConfig;
  check.holds([0, 1, 2].includes(cgroupType), '0, 1 or 2', cgroupType);
  const known = ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids'];
  check.holds(cgroupType === 0 || (Array.isArray(cgroupControllers) &&
    cgroupControllers.every((name) => known.includes(name))), `names of ${known}`,
  cgroupControllers);
});

test('mount is a list of mounts with capital keys', async (judge) => {
  const { mount } = (await document(judge, '/config')).runnerConfig;
  for (const each of mount) {
    check.equal(Object.keys(each), kMountKeys, 'keys');
    check.holds(!each.Target.startsWith('/'), 'a Target without leading slash', each.Target);
    check.holds(Number.isInteger(each.Flags), 'numeric Flags', each.Flags);
  }
  const at = (target) => mount.find((each) => each.Target === target);
  check.fields(at('usr'), { Source: '/usr', FsType: '',
    Flags: (flags) => (flags & kBind) !== 0 && (flags & kReadOnly) !== 0 }, 'usr');
  check.fields(at('dev/null'), { Source: '/dev/null',
    Flags: (flags) => (flags & kBind) !== 0 && (flags & kReadOnly) === 0 }, 'dev/null');
  for (const target of ['w', 'tmp']) {
    check.fields(at(target), { FsType: 'tmpfs', Data: 'size=128m,nr_inodes=4k' }, target);
  }
  check.fields(at('proc'), { FsType: 'proc' }, 'proc');
});

test('symbolicLink and maskedPaths', async (judge) => {
  const { symbolicLink, maskedPaths } = (await document(judge, '/config')).runnerConfig;
  check.equal(symbolicLink, [
    { LinkPath: '/dev/fd', Target: '/proc/self/fd' },
    { LinkPath: '/dev/stdin', Target: '/proc/self/fd/0' },
    { LinkPath: '/dev/stdout', Target: '/proc/self/fd/1' },
    { LinkPath: '/dev/stderr', Target: '/proc/self/fd/2' },
  ]);
  for (const path of ['/sys/firmware', '/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/scsi']) {
    check.holds(maskedPaths.includes(path), `${path} among the maskedPaths`, maskedPaths);
  }
});

async function prints(judge, script, expected) {
  const result = await judge.one(shell(script));
  check.fields(result, { status: 'Accepted' });
  check.equal(result.files.stdout, expected);
}

mounted('names, links and masks are in /config', async (judge) => {
  const { runnerConfig } = await document(judge, '/config');
  check.fields(runnerConfig, { hostName: 'judged', domainName: 'judged.example', uid: 1536,
    gid: 1536, workDir: '/w', maskedPaths: ['/shared/secret'],
    symbolicLink: [{ LinkPath: '/dev/fd', Target: '/proc/self/fd' },
      { LinkPath: '/marked', Target: '/shared/mark' }] });
  check.holds(!runnerConfig.mount.some((each) => each.Source === '/no/such/source'),
    'no mount whose source is missing', runnerConfig.mount);
});

mounted('host and domain name inside', (judge) =>
  prints(judge, 'cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname',
    'judged\njudged.example\n'));

mounted('a bind is there, read-only, its masked file empty', (judge) => prints(judge,
  'cat /shared/mark; wc -c </shared/secret; touch /shared/x 2>/dev/null || echo refused',
  'the mark\n0\nrefused\n'));

mounted('a symbolic link leads to its target', (judge) =>
  prints(judge, 'cat /marked', 'the mark\n'));

mounted('a masked file cannot be uncovered', (judge) => prints(judge,
  'umount /shared/secret 2>/dev/null; cat /shared/secret; unshare -m true 2>/dev/null; echo end',
  'end\n'));

mounted('/.env comes before the env of the request', async (judge) => {
  const cmd = { ...shell(''), args: ['/usr/bin/env'], env: ['TWICE=request', 'OWN=1'] };
  check.equal((await judge.one(cmd)).files.stdout,
    'FROM_FILE=1\nTWICE=file\nTWICE=request\nOWN=1\n');
});
