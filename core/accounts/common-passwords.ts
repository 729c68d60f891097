// The passwords of ten and more characters that are tried first. In lower case; repetitions such as 1111111111
// and 123123123123 are found by rule.

export const commonPasswords: ReadonlySet<string> = new Set(
  `
  1234567890 12345678910 123456789a 0123456789 0987654321 9876543210 1029384756 1357924680 123456789q
  1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 123qweasdzxc 123456qwerty 12345qwert 123456789abc
  qwertyuiop qwertyuiop1 qwertyuiop[] qwerty1234 qwerty12345 qwerty123456 asdfghjkl1 asdfghjkl; zxcvbnm123
  qazwsxedcrfv qwertzuiop azertyuiop q1w2e3r4t5 q1w2e3r4t5y6 abcdefghij abcdefghijk abcd123456 abc1234567
  password12 password123 password1234 password12345 passw0rd123 p@ssw0rd123 p@ssword123 mypassword mypassword1
  password01 password00 passwordpassword thepassword newpassword changeme123 changemenow letmeinnow letmein123
  welcome123 welcome1234 iloveyou12 iloveyou123 iloveyou1234 iloveyousomuch ilovemyself sunshine123 princess123
  football123 baseball123 superman123 batman12345 dragon12345 monkey12345 master12345 shadow12345 michael123
  admin12345 admin123456 administrator administrator1 root123456 test123456 test1234567 testtest123 guest12345
  user123456 secret1234 trustno1trustno1 correcthorsebatterystaple starwars123
  pokemon123 liverpool1 manchester manchester1 barcelona1 chocolate1 basketball basketball1 california
  motherfucker fuckyou123 asshole123 whatever123 jesuschrist blink182blink computer123 internet123 samsung123
  google12345 facebook123 linkedin123 liverpoolfc alexander1 christopher christian1 charlie123 jennifer12
  `
    .trim()
    .split(/\s+/),
);
