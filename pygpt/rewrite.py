"""What augmented training is for: a text in other words, there and back again, and gaps filled from both sides."""

import numpy as np

from .data.augment import SOURCE_END, TARGET_END
from .errors import ModelInputError
from .generate import generate


class _EndOfLine(Exception):
    """The target is complete."""


def translate(model, tokenizer, text, max_new_tokens=200, temperature=0.0, seed=None):
    """`text` in the other wording, by a model that was trained on pairs (pygpt.data.augment.PairSequences).

    Writes until the end of the line, or max_new_tokens, or until the context is full: past it the source is out of
    sight. Raises ModelInputError for a text that leaves no room.
    """
    prompt = tokenizer.encode(" ".join(text.split()) + SOURCE_END)
    room = model.config.block_size - len(prompt)
    if room < 1:
        raise ModelInputError(f"the text has {len(prompt)} tokens, and block_size={model.config.block_size} leaves no "
                              "room for an answer; give a shorter one")
    answer, end = [], tokenizer.encode(TARGET_END)[-1]

    def keep(token):
        if token == end:
            raise _EndOfLine
        answer.append(token)

    try:
        generate(model, prompt, min(max_new_tokens, room), temperature=temperature, seed=seed, on_token=keep)
    except _EndOfLine:
        pass
    return tokenizer.decode(answer).strip()


def back_translate(there, back, tokenizer, text, temperature=0.8, seed=0):
    """`text` said again: translated by `there`, and that by `back` (Sennrich et al. 2016).

    -> (the text between, the paraphrase). A temperature above 0 and other seeds give other paraphrases.
    """
    between = translate(there, tokenizer, text, temperature=temperature, seed=seed)
    return between, translate(back, tokenizer, between, temperature=temperature, seed=seed) if between else ""


def fill_masks(model, ids, mask_id):
    """ids (T,) with mask_id in places -> ids (T,), each gap filled with the likeliest token at once.

    For a model with attention="bidirectional", trained with pygpt.data.augment.MaskedBatches.
    """
    ids = np.array(ids, np.int64)
    logits = model(ids[None])[0]
    logits = logits.detach().cpu().numpy() if hasattr(logits, "detach") else np.array(logits)
    logits[:, mask_id] = -np.inf   # the mask is no answer
    return np.where(ids == mask_id, logits.argmax(-1), ids)
