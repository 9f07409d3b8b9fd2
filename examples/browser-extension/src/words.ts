/** A message in the language of the browser. */
export const say = (name: string, ...substitutions: readonly (string | number)[]): string =>
  chrome.i18n.getMessage(name, substitutions.map(String));

/** The name of a type of entities; of one that the extension has no word for the label itself. */
export const typeName = (type: string): string =>
  (/^\w+$/.test(type) && chrome.i18n.getMessage(`type_${type}`)) || type;
