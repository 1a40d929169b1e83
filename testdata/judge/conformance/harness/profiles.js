// The servers that the cases need: flags by name. `prepare` makes the files that the flags or the
// cases name, below a directory of the profile's own.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const kListen = ['--http-addr', '127.0.0.1:0'];

// The built-in list, with what a Java needs, names of our own, and a /.env.
function mountConfiguration(directory) {
  const bind = (source, target, more = '') =>
    `  - {type: bind, source: ${source}, target: ${target}${more}}\n`;
  const readOnly = ['/bin', '/lib', '/lib64', '/usr', '/etc/ld.so.cache', '/etc/alternatives',
    '/etc/java-11-openjdk', '/etc/java-17-openjdk', '/etc/java-21-openjdk', '/no/such/source'];
  const devices = ['/dev/null', '/dev/urandom', '/dev/random', '/dev/zero', '/dev/full'];
  return 'mount:\n' +
    readOnly.map((name) => bind(name, name, ', readonly: true')).join('') +
    devices.map((name) => bind(name, name)).join('') +
    bind(path.join(directory, 'dotenv'), '/.env', ', readonly: true') +
    bind(path.join(directory, 'shared'), '/shared', ', readonly: true') +
    '  - {type: tmpfs, target: /w, data: "size=16m,nr_inodes=4k"}\n' +
    '  - {type: tmpfs, target: /tmp, data: "size=16m,nr_inodes=4k"}\n' +
    'proc: true\nworkDir: /w\nhostName: judged\ndomainName: judged.example\n' +
    'uid: 1536\ngid: 1536\n' +
    'symLink:\n  - {linkPath: /dev/fd, target: /proc/self/fd}\n' +
    '  - {linkPath: /marked, target: /shared/mark}\n' +
    'maskPath:\n  - /shared/secret\n';
}

const kProfiles = {
  plain: { flags: () => [] },
  // One worker: what is sent second waits.
  narrow: { flags: () => ['--parallelism', '1'] },
  guarded: { flags: () => ['--auth-token', 'T0k3n-for-tests'] },
  prefixed: {
    flags: (directory) => ['--src-prefix', `${directory}/allowed,${directory}/further`],
    prepare(directory) {
      for (const name of ['allowed', 'allowed-not', 'further']) {
        fs.mkdirSync(path.join(directory, name), { recursive: true });
        fs.writeFileSync(path.join(directory, name, 'text'), `from ${name}\n`);
      }
      fs.rmSync(path.join(directory, 'allowed/escape'), { force: true });
      fs.symlinkSync(`${directory}/allowed-not/text`, path.join(directory, 'allowed/escape'));
    },
  },
  // Small bounds for everything that has one.
  small: {
    flags: () => ['--output-limit', '1m', '--copy-out-limit', '4k', '--open-file-limit', '32',
      '--tmp-fs-param', 'size=2m,nr_inodes=64', '--extra-memory-limit', '64k'],
  },
  lenient: { flags: () => ['--compat-copyin'] },
  credentials: { flags: () => ['--container-cred-start', '20000'] },
  rated: { flags: () => ['--enable-cpu-rate', '--cpu-cfs-period', '50ms'] },
  pinned: { flags: () => ['--cpuset', '0'] },
  mounted: {
    flags: (directory) => ['--mount-conf', path.join(directory, 'mount.yaml')],
    prepare(directory) {
      fs.mkdirSync(path.join(directory, 'shared'), { recursive: true });
      fs.writeFileSync(path.join(directory, 'shared/mark'), 'the mark\n');
      fs.writeFileSync(path.join(directory, 'shared/secret'), 'not to be seen\n');
      fs.writeFileSync(path.join(directory, 'dotenv'),
        '# settings\n\n  FROM_FILE=1 \nTWICE=file\n');
      fs.writeFileSync(path.join(directory, 'mount.yaml'), mountConfiguration(directory));
    },
  },
  filtered: {
    flags: (directory) => ['--seccomp-conf', path.join(directory, 'seccomp.yaml')],
    prepare(directory) {
      fs.writeFileSync(path.join(directory, 'seccomp.yaml'), 'default_action: allow\nsyscalls:\n' +
        '  - names:\n      - mkdir\n      - mkdirat\n    action: kill_process\n' +
        '  - names: [symlink, symlinkat]\n    action: errno\n');
    },
  },
  // Cases that start servers themselves.
  own: { flags: () => [] },
};

// Makes the files of a profile and returns its whole command line behind `serve-judge`. Each has a
// file store of its own, so that a judge of somebody else, who uses the default, is no trouble.
function prepare(name, directory) {
  const profile = kProfiles[name];
  if (!profile) throw new Error(`no profile is called ${name}`);
  const store = path.join(directory, 'store');
  fs.mkdirSync(store, { recursive: true });
  profile.prepare?.(directory);
  return [...kListen, '--dir', store, ...profile.flags(directory)];
}

module.exports = { kListen, names: Object.keys(kProfiles), prepare };
