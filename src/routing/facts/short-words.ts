// Short words: what people write alone in a turn, too short for letters to tell the language.

const WORDS: { readonly [language: string]: string } = {
  en: 'hi|hello|hey|hi there|hello there|thanks|thank you|yes|yes please|no thanks|please|continue|go on|good morning|explain|help',
  es: 'hola|gracias|buenos días|buenas tardes|buenas|sí|por favor|ayuda|muchas gracias|vale|continúa',
  fr: 'bonjour|bonsoir|salut|merci|merci beaucoup|oui|non merci|svp|continue stp',
  de: 'hallo|guten tag|guten morgen|danke|danke schön|vielen dank|ja bitte|nein danke|bitte|weiter|hilfe|moin|servus',
  pt: 'olá|oi|bom dia|boa tarde|boa noite|obrigado|obrigada|muito obrigado|sim',
  it: 'ciao|buongiorno|buonasera|grazie|grazie mille|sì|aiuto',
  nl: 'hoi|goedemorgen|dank je|dank je wel|bedankt|alsjeblieft',
  pl: 'cześć|dzień dobry|dziękuję|proszę|tak',
  tr: 'merhaba|selam|teşekkürler|teşekkür ederim|evet',
  sv: 'hej hej|tack|tack så mycket',
  da: 'tak|mange tak',
  fi: 'moi|kiitos|kyllä',
  cs: 'ahoj|dobrý den|děkuji',
  ro: 'bună|bună ziua|mulțumesc',
  hu: 'szia|köszönöm|jó napot',
  id: 'halo|terima kasih|selamat pagi',
  vi: 'xin chào|cảm ơn',
  ru: 'привет|здравствуйте|спасибо|да',
  uk: 'привіт|дякую|так',
  zh: '你好|谢谢|您好|是的|继续',
  ja: 'こんにちは|ありがとう|はい',
  ko: '안녕|안녕하세요|고마워|감사합니다|네',
};

/** Of languages that share a word, the first: Danish and Polish `tak` is Polish. */
export const SHORT_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries(WORDS)
    .flatMap(([language, words]) => words.split('|').map((word) => [word, language] as const))
    .reverse(),
);
