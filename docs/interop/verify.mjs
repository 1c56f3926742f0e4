// Checks an electronic certificate with implementations that are not ours.
//
//   npm install --ignore-scripts && node verify.mjs http://localhost:8000 <certificate id>
//
// The files are fetched once; then everything is checked without a network. Ends with 0 when the certificate
// holds in both forms, is refused with one changed byte in either, and its status could be read.
import {defaultDocumentLoader, verifyCredential} from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import jsonld from 'jsonld';
import * as jose from 'jose';

const [base, id] = process.argv.slice(2);
const fetched = async address => {
  const answer = await fetch(address);
  if(!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.text();
};
const text = await fetched(`${base}/v1/certificates/${id}/credential`);
const token = await fetched(`${base}/v1/certificates/${id}/credential.jwt`);
const did = JSON.parse(await fetched(`${base}/.well-known/did.json`));
const credential = JSON.parse(text);
const documents = {[did.id]: did};
const others = credential.credentialStatus.map(entry => entry.statusListCredential);
for(const address of [credential['@context'][1], ...others]) {
  documents[address] = JSON.parse(await fetched(address));
}

// From here on nothing is fetched: what is not in `documents` comes from the packages, or is refused.
const documentLoader = async url => {
  const method = did.verificationMethod.find(one => one.id === url);
  const document = method ?
    {'@context': 'https://w3id.org/security/multikey/v1', ...method} : documents[url];
  return document ? {documentUrl: url, document: structuredClone(document)} : defaultDocumentLoader(url);
};
const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});
const proofHolds = shown => verifyCredential({
  credential: shown, suite, documentLoader,
  checkStatus: ({credential: one}) => checkStatus({
    credential: one, suite, documentLoader, verifyBitstringStatusListCredential: true,
    // The lists name their issuer by its DID, the certificate by an object that holds it.
    verifyMatchingIssuers: false
  })
});
const kid = jose.decodeProtectedHeader(token).kid;
const key = await jose.importJWK(did.verificationMethod.find(one => one.id === kid).publicKeyJwk, 'EdDSA');
const tokenHolds = shown => jose.compactVerify(shown, key).then(() => true, () => false);

const result = await proofHolds(credential);
const changed = await proofHolds(JSON.parse(text.replace('"code":"', '"code":"9')));
const [head, body, signature] = token.split('.');
const turned = `${head}.${body.slice(0, -9)}${body.at(-9) === 'A' ? 'B' : 'A'}${body.slice(-8)}.${signature}`;
// Safe mode fails on any term that neither context gives a meaning.
const expanded = await jsonld.expand(structuredClone(credential), {documentLoader, safe: true});
const found = {
  proof: result.verified,
  changedProof: changed.verified,
  token: await tokenHolds(token),
  changedToken: await tokenHolds(turned),
  everyTermHasAMeaning: expanded.length === 1,
  status: Object.fromEntries((result.statusResult?.results ?? []).map(
    one => [one.credentialStatus.statusPurpose, one.status]))
};
console.log(found, result.error?.errors ?? '');
const good = found.proof && !found.changedProof && found.token && !found.changedToken &&
  found.everyTermHasAMeaning && 'revocation' in found.status;
process.exit(good ? 0 : 1);
