// What kind of answer a prompt asks for, apart from what it is about: "how do I", "what is", "who", "can I", "do".

export type Kind =
  | 'how'
  | 'how does'
  | 'what'
  | 'who'
  | 'when'
  | 'where'
  | 'why'
  | 'which'
  | 'howmany'
  | 'howmuch'
  | 'howlong'
  | 'howoften'
  | 'howfar'
  | 'yes or no'
  | 'can'
  | 'should'
  | 'will'
  | 'do'
  | 'wish'
  | 'none';

export interface Frame {
  readonly kind: Kind;
  /** What it is about: the words without the frame. */
  readonly rest: string;
  /** Without what is said out of politeness. */
  readonly bare: string;
}

const ANYONE = '(?:i|you|we|one|someone|somebody|anyone|people|a person)';
const MODAL = '(?:do|does|did|can|could|would|should|might|may|to)';

/** Said out of politeness, at the front and at the end. */
const FRONT = [
  /^(?:hi|hiya|hello|hey|yeah|yes|yep|dear|cool|great|sorry to bother you|good morning|good afternoon|good evening|ok|okay|so|well|um|thanks|thank you|sorry|excuse me)(?: there| everyone| team| all| again| but)? /,
  /^(?:please|kindly|but|and|just wondering|just|quick question|question|urgent|basically|actually) /,
  /^(?:can|could|would|will) (?:you|anyone|someone|somebody) (?:please |kindly |possibly |maybe )?(?:help me (?:to )?(?:understand|figure out|find out|know) |tell me |let me know |explain to me |explain (?=how|why|what|when|where|who|which|if|whether)|advise (?:me )?(?:on )?|show me (?=how|what|where)|help me with |remind me )/,
  /^(?:can|could|would|will) you (?:please |kindly )?(?=(?:explain|define|describe|clarify|give me|tell me|show me) )/,
  /^(?:do|does|did) (?:you|anyone|anybody|someone) (?:happen to )?know (?=how|why|what|when|where|who|which|if|whether)/,
  /^(?:i (?:want|need|would like|would love|am trying|am looking|wish) to (?:know|understand|find out|figure out|ask|learn)|i (?:was|am) (?:just )?wondering|i wonder|i am curious|i am not sure|i do not (?:know|understand)|i have a question|any idea|any ideas|tell me|let me know|explain to me|could i ask|may i ask|can i ask|i need help understanding|help me understand|i am confused about) (?:about )?(?=how|why|what|when|where|who|which|if|whether|is|are|can|do|does)/,
  /^(?:explain|tell me|show me|teach me|describe|clarify) (?:to me )?(?=how|why|what|when|where|who|which)/,
];
const BACK =
  / (?:please|pls|thanks|thank you|thank you so much|thanks in advance|many thanks|if possible|if you can|exactly|cheers)$/;

/** The first that fits says the kind; `$` is what is left. */
const FRAMES: readonly (readonly [RegExp, Kind, string?])[] = [
  [
    /^how much time (?:does|do|will|would|did) (?:it|this|that) (?:usually |typically |normally )?take (?:me )?(?:for )?(?:to )?/,
    'howlong',
    'take ',
  ],
  [
    /^how long (?:does|do|will|would|did) (?:it|this|that) (?:usually |typically |normally )?take (?:me )?(?:for )?(?:to )?/,
    'howlong',
    'take ',
  ],
  [
    /^how (?:much does|much do|much is(?! in\b| at\b| on\b| left\b| too\b| enough\b)|much are|much would|much will|expensive is|expensive are) (?:it cost (?:me )?(?:to )?|the (?:cost|price) of )?/,
    'what',
    'cost ',
  ],
  [/^what (?:does|do|would|will) (?:it cost (?:me )?to |a |an |the )?(?=.* cost\b)/, 'what'],
  [
    /^(?:how much|what) (?:do|does|would|will|did) you charge (?:me |us )?(?:for |to )?/,
    'what',
    'cost ',
  ],
  [/^how old (?:is|are|was|were) /, 'what', 'age '],
  [/^(?:how many|what (?:is|was) the (?:total )?number of|what number of) /, 'howmany'],
  [/^(?:how much|what amount of|what (?:is|was) the amount of) /, 'howmuch'],
  [/^how long /, 'howlong'],
  [/^(?:how often|how frequently|how many times) /, 'howoften'],
  [/^(?:how far|what (?:is|was) the distance) /, 'howfar'],
  [
    new RegExp(
      `^(?:what (?:is|are|would be|will be) (?:the |a |some |my )?(?:best |right |correct |proper |good |recommended |simple )?(?:way|ways|method|methods|steps?|process|procedure|instructions|approach|command)(?: needed| required| i take)? (?:to take to |involved in |to|for|of|in order to)|what (?:do|should|must|can|would) ${ANYONE} (?:need to |have to )?do (?:in order )?(?:to|if ${ANYONE} (?:want|need|would like) to)|how ${MODAL} ${ANYONE}\\b(?: go about| best| manage to| be able to)?|how to (?:go about )?|(?:i|we) (?:want|need|would like|am trying) to (?:know|learn|understand) how to|how (?:is it possible|am i able|are you able|would it be possible) to|(?:the |some )?(?:steps|instructions|guide|way|ways|tutorial|procedure|directions) (?:to|for|on) (?:how to )?|(?:please )?(?:show|teach|tell|walk|guide) me (?:through )?(?:how to|how i can|the steps to|the way to)|is there (?:a|any|some) (?:good |easy )?way (?:to|for me to|i can|that i can|of)) ?`,
    ),
    'how',
  ],
  [/^how come /, 'why'],
  [/^how (?:i|we) (?:can |could |should |do |might )?/, 'how'],
  [/^how (?:does|do|did|is|are|was|were|has|have|will|would|can|could|come) /, 'how does'],
  [
    /^(?:why|for what reason|for what reasons|what (?:is|are|was|were) the (?:reason|reasons|cause|causes) (?:that|why|for|of|behind)|what is the reason|(?:the )?reasons? (?:why|that)|what (?:causes|caused|is causing)) /,
    'why',
  ],
  [
    /^(?:when|at what time|what time(?= does| do| did| will| can| should)|on what date|what date|on which date) /,
    'when',
  ],
  [
    /^(?:where|in what place|at which place|in which place|what place) (?:can|could|do|would|should|might) (?:i|you|we|one) (?:find|locate) /,
    'where',
  ],
  [/^(?:where) /, 'where'],
  [/^(?:who|whom) /, 'who'],
  [
    /^(?:what (?:is|are|was|were|does|do) (?:the )?(?:meaning|definition|concept) of|what is meant by|what (?:does|do)(?= .* mean$)|define|give me (?:a|the) definition of|(?:the )?(?:meaning|definition) of|what (?:exactly |really )?(?:is|are|was|were)(?: exactly)?|explain(?: the concept of| the idea of| the term| the notion of)?|give (?:me )?an explanation of|tell me what) /,
    'what',
  ],
  [/^what (?=(?:a|an|the|my|your) .+ (?:is|are)\b)/, 'what'],
  [/^(?:tell|give) me (?=the |your |my )/, 'what'],
  [/^(?:which|what) /, 'which'],
  [
    /^(?:is|was) (?:it|there) (?:possible|a way|any way) (?:to|for me to|that i|that i can) /,
    'can',
  ],
  [/^(?:am i able|are we able|are you able) to /, 'can'],
  [/^(?:will|would) i be able to /, 'can'],
  [/^(?:if |whether )?(?:can|could) (?:i|we|one|someone|a person) /, 'can'],
  [/^(?:if |whether )(?:i|we) (?:can|could) /, 'can'],
  [
    /^(?:can|could|would|will|may i ask you to|would you mind) you (?:please |help me |help me to )?/,
    'do',
  ],
  [/^(?:can|could|may|might) /, 'can'],
  [/^(?:should|shall|ought) (?:i|we|one|you)? ?/, 'should'],
  [/^(?:is it (?:a good idea|advisable|recommended|worth it|wise) to) /, 'should'],
  [/^do you (?:have|offer|provide) /, 'yes or no', 'you have '],
  [/^(?:is|are) there /, 'yes or no', 'there '],
  [/^(?:will) /, 'will'],
  [/^(?:is|are|am|was|were|do|does|did|has|have|had|would) (?:(?:it|there) )?/, 'yes or no'],
  [/^(?:if|whether) /, 'yes or no'],
  [
    /^(?:i|we) (?:want|need|would like|wish|am trying|am looking) (?:help )?(?:you )?to (?:be able to )?/,
    'wish',
  ],
  [/^(?:i|we) need help (?:with |in |to )?/, 'wish'],
  [/^(?:please )?help me (?:with |to )?/, 'wish'],
];

/** One way of asking it for several: what the frames below then see. */
const REWORDED: readonly (readonly [RegExp, string])[] = [
  [
    /^how (?:do|does|are|is) (.+?) (?:differ|different) from (.+)$/,
    'what is the difference between $1 and $2',
  ],
  [
    /^how (?:do|does|are) (.+?) (?:differ|different)( in .+)?$/,
    'what is the difference between $1$2',
  ],
  [
    /^(is|was) it (safe|legal|illegal|ok|okay|normal|healthy|unhealthy|bad|good|dangerous|rude|wrong) (for .+ )?to (.+)$/,
    '$1 $4 $3 $2',
  ],
  [/\bget(?:s|ting)? (?=\w{3,}ed\b)/g, ''],
  [
    /^(?:i|we) (?:want|need|would like|would love|wish|am trying|have) to (.+?) (?:how|what) (?:do|can|should|would|could|must|steps do) (?:i|we) (?:do|go about|take|achieve)(?: that| it| this)?(?: to do)?$/,
    'how to $1',
  ],
];

const FOR_ME = / for me$/;
const ENDING_COST = / cost$/;
const ENDING_MEAN = / mean$/;

/** `text`: lower case, contractions written out, one space between words, no punctuation. */
export function frameOf(text: string): Frame {
  let bare = text;
  for (let last = ''; last !== bare; ) {
    last = bare;
    for (const front of FRONT) bare = bare.replace(front, '');
    bare = bare.replace(BACK, '');
  }
  let asked = bare;
  for (const [pattern, instead] of REWORDED) asked = asked.replace(pattern, instead);
  for (const [pattern, kind, instead = ''] of FRAMES) {
    const found = pattern.exec(asked);
    if (found === null) continue;
    let rest = `${instead}${asked.slice(found[0].length)}`;
    if (kind === 'what' && instead === '') {
      rest = rest.replace(ENDING_MEAN, '');
      if (ENDING_COST.test(rest)) rest = `cost ${rest.replace(ENDING_COST, '')}`;
    } else if (instead === 'cost ') rest = rest.replace(ENDING_COST, '');
    if (kind === 'do' || kind === 'wish') rest = rest.replace(FOR_ME, '');
    return { kind, rest, bare };
  }
  return { kind: 'none', rest: asked.replace(FOR_ME, ''), bare };
}
