console.log('{"figures":{},"warnings":[]}');

export {};
