// Sends HL7 v2 messages with the MLLP client of @medplum/hl7. Arguments: folder of the packages, port. One message, as a
// JSON string, a line on standard input; its acknowledgement likewise on standard output. Not part of the product.

import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const require = createRequire(pathToFileURL(join(process.argv[2], 'package.json')));
const { Hl7Client } = require('@medplum/hl7');
// Its own version of the core package: that of another one would not be the class that it knows.
const { Hl7Message } = createRequire(require.resolve('@medplum/hl7'))('@medplum/core');

const messages = [];
for await (const line of createInterface({ input: process.stdin })) messages.push(Hl7Message.parse(JSON.parse(line)));
const client = new Hl7Client({ host: '127.0.0.1', port: Number(process.argv[3]) });
// One after another: two answers that arrive in one read are one to this client, and it waits for the other for ever.
for (const message of messages) console.log(JSON.stringify((await client.sendAndWait(message)).toString()));
await client.close();
