// The register of cases. A file of cases begins with
//
//   const test = section('1.1 HTTP', { profile: 'plain' });
//   test('unknown path', async (judge) => { … });
//
// and each case is told by the name "1.1 HTTP: unknown path". `profile` names the server (see
// profiles.js) that the case is sent to. A case may differ from its section in
//   full: true      runs only in full mode
//   seconds: 120    its own time limit; the whole case fails when it is over
'use strict';

const kDefaultSeconds = 60;
const all = [];

function section(title, defaults) {
  return (name, body, options = {}) => {
    const full = `${title}: ${name}`;
    if (all.some((other) => other.name === full)) throw new Error(`two cases are called ${full}`);
    all.push({ name: full, body, seconds: kDefaultSeconds, ...defaults, ...options });
  };
}

module.exports = { all, section };
