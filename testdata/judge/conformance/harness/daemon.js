// A judge of our own: started with the flags of a profile, ended by signal.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');

const kReadyMs = 60000;
const kStopMs = 60000;

// The last HOST:PORT of the line that says the server is there.
function addressIn(text) {
  const line = text.split('\n').slice(0, -1).find((one) => one.includes('listening on '));
  const found = line?.match(/(\[[0-9a-f:]+\]|[\w.-]+):(\d+)/g);
  return found ? found[found.length - 1] : null;
}

// The command line of a program that is killed when this process ends, however it does: Node cannot
// ask the kernel for that itself.
function mortal(program, words) {
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((name) => fs.existsSync(name));
  return setpriv ? [setpriv, ['--pdeathsig', 'KILL', program, ...words]] : [program, words];
}

class Daemon {
  // `environment` is added to a clean one.
  constructor(program, words, { environment = {}, directory } = {}) {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(ASSAY|ES|PM2)_/.test(name)));
    this.stderr = '';
    this.process = spawn(...mortal(program, words), {
      cwd: directory,
      env: { ...clean, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.pid = this.process.pid;
    this.exit = new Promise((resolve) => {
      this.process.on('exit', (code, signal) => resolve({ code, signal }));
      this.process.on('error', (error) => resolve({ code: null, signal: String(error) }));
    });
    this.process.stderr.setEncoding('utf8');
  }

  // Resolves with the address once requests are served.
  ready() {
    return new Promise((resolve, reject) => {
      const give = (why) => reject(new Error(`the server ${why}; its stderr:\n${this.stderr}`));
      const timer = setTimeout(() => give('did not become ready'), kReadyMs);
      this.process.stderr.on('data', (text) => {
        this.stderr += text;
        this.address ??= addressIn(this.stderr);
        if (this.address) {
          clearTimeout(timer);
          resolve(this.address);
        }
      });
      this.exit.then(({ code, signal }) => {
        clearTimeout(timer);
        give(`ended before it was ready (${code ?? signal})`);
      });
    });
  }

  // Any command line that becomes a server.
  static async launch(program, words, options) {
    const daemon = new Daemon(program, words, options);
    await daemon.ready();
    return daemon;
  }

  static start(binary, flags, options) {
    return Daemon.launch(binary, ['serve-judge', ...flags], options);
  }

  signal(name) {
    this.process.kill(name);
  }

  // {code, signal}; a server that does not stop is killed, and {signal: 'SIGKILL'} tells it.
  async stop(name = 'SIGTERM') {
    this.signal(name);
    const timer = setTimeout(() => this.signal('SIGKILL'), kStopMs);
    const ended = await this.exit;
    clearTimeout(timer);
    return ended;
  }
}

module.exports = { addressIn, Daemon, mortal };
