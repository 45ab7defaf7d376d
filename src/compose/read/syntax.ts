/** What is wrong with YAML, as a sentence of ours: the parser's own may quote the text, and with it a password. */
import type { YAMLError } from "yaml";

const sentences: Readonly<Record<YAMLError["code"], string>> = {
  ALIAS_PROPS: "An alias (*name) cannot have an anchor or a tag of its own.",
  BAD_ALIAS: "An anchor or alias needs a name that does not end in a colon.",
  BAD_COLLECTION_TYPE: "The tag does not fit the value behind it.",
  BAD_DIRECTIVE: "A line that begins with % is a directive, and this one is none that YAML knows.",
  BAD_DQ_ESCAPE: "YAML does not know this escape in double quotes: double the backslash, or use single quotes.",
  BAD_INDENT: "The line is not indented like those it belongs to.",
  BAD_PROP_ORDER: "An anchor or a tag stands before the mark that it must follow.",
  BAD_SCALAR_START: "A text cannot begin with this character: put it into quotes.",
  BLOCK_AS_IMPLICIT_KEY: "A second colon makes this a map within a line: put the text into quotes, or begin a new line.",
  BLOCK_IN_FLOW: "Within [ ] and { } no value can begin with a dash or go on by indentation.",
  DUPLICATE_KEY: "The key stands twice.",
  IMPOSSIBLE: "This cannot be read as YAML.",
  KEY_OVER_1024_CHARS: "A key is longer than 1024 characters: a quote may be missing.",
  MISSING_CHAR: "Something is missing before this: a colon, a comma, a space, or the closing quote or bracket.",
  MULTILINE_IMPLICIT_KEY: "A key goes over more than one line: a colon or a quote may be missing.",
  MULTIPLE_ANCHORS: "A value can have one anchor.",
  MULTIPLE_DOCS: "A new document begins here.",
  MULTIPLE_TAGS: "A value can have one tag.",
  NON_STRING_KEY: "A key must be one word or a quoted text.",
  RESOURCE_EXHAUSTION: "Too many collections lie within each other.",
  TAB_AS_INDENT: "A tab indents this line: YAML wants spaces.",
  TAG_RESOLVE_FAILED: "The tag does not fit the value behind it.",
  UNEXPECTED_TOKEN: "What stands here does not fit what is before it: look at indentation, quotes and brackets.",
};

export function syntaxSentence(error: YAMLError): string {
  return sentences[error.code];
}
