// Keeps the public surface documented: every symbol exported from src/index.ts and each of their members has prose,
// the error table and the error codes in use are the same set, and the errors page is up to date.
// Usage: node scripts/check-docs.mjs [repository root]
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { checkErrorsDoc, ERRORS_DOC } from './gen-errors-doc.mjs';

const MIN_WORDS = 3;
const ERROR_CODE = /^FR_[A-Z_]+$/;
const ERROR_TABLE = 'src/base/errors.ts';

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const src = `${join(root, 'src').replaceAll('\\', '/')}/`; // as the compiler spells it
const findings = [];
const report = (file, line, message) => findings.push({ file, line, message });

const program = createProgram();
const checker = program.getTypeChecker();
const sources = program.getSourceFiles().filter((source) => source.fileName.startsWith(src));

const symbolCount = checkSymbols();
const codeCount = checkErrorCodes();
const pageProblem = await checkErrorsDoc(root);
if (pageProblem !== undefined) report(ERRORS_DOC, 1, pageProblem);

findings.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
for (const { file, line, message } of findings) console.error(`${file}:${line} ${message}`);
if (findings.length > 0) process.exit(1);
console.log(`docs: ${symbolCount} public symbols and members, ${codeCount} error codes, all documented`);

function createProgram() {
  const configFile = join(root, 'src', 'tsconfig.json');
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(configFile, {}, host);
  if (config !== undefined) return ts.createProgram(config.fileNames, config.options);
  const { NodeNext: module } = ts.ModuleKind;
  const names = ts.sys.readDirectory(join(root, 'src'), ['.ts']);
  return ts.createProgram(names, { module, target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts'], types: [] });
}

/** Checks what src/index.ts exports, following re-exports; returns how many symbols and members there are. */
function checkSymbols() {
  const index = program.getSourceFile(`${src}index.ts`);
  if (index === undefined) {
    report('src/index.ts', 1, 'does not exist, so nothing is exported');
    return 0;
  }
  const seen = new Map(); // declaration -> name, because one thing may be exported twice
  const collect = (container) => {
    for (const exported of checker.getExportsOfModule(container)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.declarations === undefined) reportAt(exported.declarations[0], `${exported.name} leads to nothing`);
      else if (symbol.flags & ts.SymbolFlags.ValueModule)
        collect(symbol); // export * as name
      else for (const [name, part] of withMembers(exported.name, symbol)) seen.set(part.declarations[0], [name, part]);
    }
  };
  const container = checker.getSymbolAtLocation(index); // undefined when index.ts exports nothing at all
  if (container === undefined) report('src/index.ts', 1, 'exports nothing');
  else collect(container);
  for (const [declaration, [name, symbol]] of seen)
    if (!isDocumented(symbol)) reportAt(declaration, `${name} is not documented`);
  return seen.size;
}

/** A symbol and its own public members, as [qualified name, symbol]. Only what src/ declares counts. */
function withMembers(name, symbol) {
  if (!isOurs(symbol)) return [];
  const members = [];
  for (const declaration of symbol.declarations) {
    if (ts.isInterfaceDeclaration(declaration) || ts.isClassDeclaration(declaration)) {
      // The type knows inherited members too: a base need not be exported for its members to be public.
      members.push(...checker.getDeclaredTypeOfSymbol(symbol).getProperties());
      if (ts.isClassDeclaration(declaration)) members.push(...checker.getTypeOfSymbol(symbol).getProperties());
    } else if (ts.isTypeAliasDeclaration(declaration)) {
      for (const literal of literalsOf(declaration.type))
        members.push(...checker.getTypeAtLocation(literal).getProperties());
    }
  }
  return [[name, symbol], ...members.filter(isPublicMember).map((member) => [`${name}.${nameOf(member)}`, member])];
}

/** The type literals that an alias is made of: itself, or the arms of a union or an intersection. */
function literalsOf(type) {
  if (ts.isTypeLiteralNode(type)) return [type];
  if (ts.isParenthesizedTypeNode(type)) return literalsOf(type.type);
  return ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type) ? type.types.flatMap(literalsOf) : [];
}

function isPublicMember(member) {
  if (!isOurs(member) || member.flags & ts.SymbolFlags.Prototype) return false;
  const { name } = member.declarations[0];
  return (
    name !== undefined &&
    !ts.isPrivateIdentifier(name) &&
    !(ts.getCombinedModifierFlags(member.declarations[0]) & ts.ModifierFlags.Private)
  );
}

function isOurs(symbol) {
  const inSrc = symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.startsWith(src));
  return Boolean(inSrc) && !symbol.getJsDocTags().some((tag) => tag.name === 'internal');
}

function isDocumented(symbol) {
  const prose = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  return prose.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length >= MIN_WORDS;
}

function nameOf(symbol) {
  return symbol.declarations[0].name.getText(); // `symbol.name` is mangled for [Symbol.asyncDispose]
}

/** Compares the codes written in src/ with the table; returns how many the table has. */
function checkErrorCodes() {
  const tableSource = sources.find((source) => source.fileName === join(root, ERROR_TABLE).replaceAll('\\', '/'));
  const table = tableSource && findTable(tableSource);
  if (table === undefined) {
    report(ERROR_TABLE, 1, 'has no ERRORS table');
    return 0;
  }
  const listed = new Map(table.properties.map((entry) => [entry.name.text, entry]));
  const used = new Set();
  const visit = (node) => {
    if (node === table) return; // the table itself is no use
    if (ts.isStringLiteralLike(node) && ERROR_CODE.test(node.text)) {
      used.add(node.text);
      if (!listed.has(node.text)) reportAt(node, `${node.text} is not in the table of ${ERROR_TABLE}`);
    }
    ts.forEachChild(node, visit);
  };
  sources.forEach(visit);
  for (const [code, entry] of listed) if (!used.has(code)) reportAt(entry, `${code} is used nowhere`);
  return listed.size;
}

/** The object literal of `export const ERRORS = { … } as const`, with or without `satisfies`. */
function findTable(source) {
  const declarations = source.statements
    .filter(ts.isVariableStatement)
    .flatMap((statement) => [...statement.declarationList.declarations]);
  let value = declarations.find((declaration) => declaration.name.getText() === 'ERRORS')?.initializer;
  while (value !== undefined && (ts.isAsExpression(value) || ts.isSatisfiesExpression(value))) value = value.expression;
  return value !== undefined && ts.isObjectLiteralExpression(value) ? value : undefined;
}

function reportAt(node, message) {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition((node.name ?? node).getStart());
  report(relative(root, source.fileName).replaceAll('\\', '/'), line + 1, message);
}
