// node ask.js KIND ADDRESS QUERY: asks one source, an endpoint ("sparql") or a document ("file"), by Comunica; prints
// a line of JSON for each row.
import { QueryEngine } from "@comunica/query-sparql";

const [kind, value, query] = process.argv.slice(2);
const rows = await new QueryEngine().queryBindings(query, { sources: [{ type: kind, value }] });
for await (const row of rows) {
  console.log(JSON.stringify(Object.fromEntries([...row].map(([name, term]) => [name.value, term.value]))));
}
