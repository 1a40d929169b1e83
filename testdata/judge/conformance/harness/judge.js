// A client of the judge, as the cases use it. Every answer of /run is held against the shape of the
// result documents, whatever else a case looks at.
'use strict';

const check = require('./check');
const { Connection, head, request } = require('./http');

const kJson = 'application/json; charset=utf-8';

const kStatuses = [
  'Accepted', 'Memory Limit Exceeded', 'Time Limit Exceeded', 'Output Limit Exceeded', 'File Error',
  'Nonzero Exit Status', 'Signalled', 'Dangerous Syscall', 'Internal Error',
];
const kErrorTypes = [
  'CopyInOpenFile', 'CopyInCreateDir', 'CopyInCreateFile', 'CopyInCopyContent', 'CopyOutOpen',
  'CopyOutNotRegularFile', 'CopyOutSizeExceeded', 'CopyOutCreateFile', 'CopyOutCopyContent',
  'CollectSizeExceeded', 'Symlink',
];
// In the order of the wire, with those that may be left out.
const kResultFields = [
  'status', 'exitStatus', 'error', 'time', 'memory', 'runTime', 'procPeak', 'files', 'fileIds',
  'fileError',
];
const kOptional = new Set(['error', 'procPeak', 'files', 'fileIds', 'fileError']);

const isCount = (value) => Number.isInteger(value) && value >= 0;
const isTextMap = (value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value) &&
  Object.keys(value).length > 0 && Object.values(value).every((text) => typeof text === 'string');
const isFileError = (value) =>
  typeof value?.name === 'string' && kErrorTypes.includes(value.type) &&
  Object.keys(value).join() === ('message' in value ? 'name,type,message' : 'name,type');

const kShapes = {
  status: (value) => kStatuses.includes(value),
  exitStatus: Number.isInteger,
  error: (value) => typeof value === 'string' && value !== '',
  time: isCount,
  memory: isCount,
  runTime: isCount,
  procPeak: (value) => isCount(value) && value > 0,
  files: isTextMap,
  fileIds: isTextMap,
  fileError: (value) => Array.isArray(value) && value.length > 0 && value.every(isFileError),
};

function checkResult(result) {
  const names = Object.keys(result);
  const expected = kResultFields.filter((name) => !kOptional.has(name) || names.includes(name));
  check.equal(names, expected, 'fields of a result and their order');
  for (const name of names) {
    check.holds(kShapes[name](result[name]), `a valid ${name}`, result[name], 'result document');
  }
}

function checkResults(results, count) {
  check.holds(Array.isArray(results), 'an array of results', results);
  check.equal(results.length, count, 'number of results');
  results.forEach(checkResult);
  return results;
}

// The body of multipart/form-data with one file, and its content type.
function multipart(field, filename, content) {
  const boundary = '----judge-conformance-7f3a';
  const disposition = `form-data; name="${field}"` +
    (filename === undefined ? '' : `; filename="${filename}"`);
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n'),
    Buffer.from(content),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}

class Judge {
  // `context` is what the runner knows of the server: address, pid, directory, full.
  constructor(context, headers = {}) {
    Object.assign(this, context);
    this.headers = headers;
  }

  with(headers) {
    return new Judge(this, { ...this.headers, ...headers });
  }

  request(method, path, { headers = {}, body } = {}) {
    return request(this.address, method, path, { headers: { ...this.headers, ...headers }, body });
  }

  get(path, headers = {}) {
    return this.request('GET', path, { headers });
  }

  delete(path) {
    return this.request('DELETE', path);
  }

  connect() {
    return new Connection(this.address);
  }

  // Raw reply of POST /run; an object is sent as JSON, a string or Buffer as it is.
  post(body, headers = { 'Content-Type': 'application/json' }) {
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    return this.request('POST', '/run', { headers, body: bytes });
  }

  async #results(reply, count) {
    const text = reply.body.toString();
    if (reply.status !== 200) check.fail('status code 200', `${reply.status} ${text}`);
    check.equal(reply.headers['content-type'], kJson, 'content type');
    check.holds(text.endsWith(']\n'), 'an array and a newline', text.slice(-40));
    return checkResults(JSON.parse(text), count);
  }

  // Results of a whole request, which must be answered 200.
  async run(body) {
    return this.#results(await this.post(body), body.cmd.length);
  }

  async runRaw(text, count = 1) {
    return this.#results(await this.post(text), count);
  }

  // The result of one command.
  async one(cmd) {
    return (await this.run({ cmd: [cmd] }))[0];
  }

  // A refusal: status code and the JSON string that is its body.
  async refused(body, status, message) {
    const reply = await this.post(body);
    const text = reply.body.toString();
    check.equal([reply.status, text], [status, JSON.stringify(message)], 'code and body');
    check.equal(reply.headers['content-type'], kJson, 'content type');
  }

  async refusedLike(body, status, pattern) {
    const reply = await this.post(body);
    const text = reply.body.toString();
    check.equal(reply.status, status, `status code (body ${text})`);
    const message = JSON.parse(text);
    check.match(message, pattern, 'body');
    check.equal(reply.headers['content-type'], kJson, 'content type');
  }

  // Sends a file; resolves with its id.
  async upload(filename, content) {
    const { body, type } = multipart('file', filename, content);
    const headers = { 'Content-Type': type };
    const reply = await this.request('POST', '/file', { headers, body });
    check.equal(reply.status, 200, `status code of POST /file (body ${reply.body})`);
    return JSON.parse(reply.body.toString());
  }

  async list() {
    const reply = await this.get('/file');
    check.equal(reply.status, 200, 'status code of GET /file');
    return JSON.parse(reply.body.toString());
  }
}

module.exports = { Judge, checkResults, head, kJson, multipart };
