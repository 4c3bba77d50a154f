"""Misprints in the source of the plays, mended by hand: play -> (what stands there, what should), each found there.

Only what would leave a false speaker, a direction or a stray sign in the text. Spelling stays as the source has it.
"""

REPAIRS = {
    "a-midsummer-night-s-dream": [("**HERNIA**", "**HERMIA**")],
    "much-ado-about-nothing": [("\n...  \n", "\n")],
    "love-s-labours-lost": [
        ("DON ADRIANO DE\n\n**ARMADO**", "\n**DON ADRIANO DE ARMADO**"),
        ("\nLOVE'S LABOURS LOST\n", "\n"),   # a running title
        ("\n\n**Here stand I**  \nlady,", "\nHere stand I: lady,"),
    ],
    "the-comedy-of-errors": [
        ("Antipholus,-.", "Antipholus,--"),
        ("**ANTIPHOLUS**  \nDo you hear, you minion?", "**ANTIPHOLUS OF EPHESUS**  \nDo you hear, you minion?"),
        ("\nOF EPHESUS\n", "\n"),
    ],
    "the-merry-wives-of-windsor": [("**SHALLOW & PAGE & & C**", "**SHALLOW & PAGE**")],
    "edward-iii": [("**POL CAPTAIN**", "**POLISH CAPTAIN**"), ("**QUEEN PHILIP**", "**QUEEN PHILIPPA**")],
    "henry-iv-part-1": [
        ("**Scene III**  \n", "### SCENE III. "),
        # pence and shillings as the old prints give them: the alphabet has no digits
        ("capon,. . 2s. 2d.", "capon, ii.s. ii.d."), ("Sauce,. . . 4d.", "Sauce, iiii.d."),
        ("gallons, 5s. 8d.", "gallons, v.s. viii.d."), ("supper, 2s. 6d.", "supper, ii.s. vi.d."),
    ],
    "henry-iv-part-2": [("EPILOGUE\n\n_Spoken by a Dancer_\n\n", "**EPILOGUE**\n")],
    "henry-v": [("EPILOGUE\n", "# EPILOGUE\n")],
    "henry-vi-part-1": [("**SU FFOLK**", "**SUFFOLK**")],
    "henry-vi-part-2": [("**First Murder**", "**First Murderer**")],
    "henry-vi-part-3": [("sha$l", "shall")],
    "henry-viii": [
        ("### Prologue\n\nI come", "### Prologue\n\n**Prologue**\nI come"),
        ("EPILOGUE  \n'Tis ten", "**EPILOGUE**\n'Tis ten"),
    ],
    "all-s-well-that-ends-well": [("&amp; c.", "& c.")],
    "measure-for-measure": [
        ("**POMPHEY**", "**POMPEY**"),
        ("_Boy sings_\n\nTake", "**Boy**\nTake"),
        ("\n\n**As long as you or I**  \nyet he must die.", "\nAs long as you or I; yet he must die."),
    ],
    "the-merchant-of-venice": [("\nSCENE II: Belmont", "\n### SCENE II: Belmont")],
    "the-taming-of-the-shrew": [("**KATARINA**", "**KATHARINA**")],
    "coriolanus": [
        ("And _\\[Censorinus,]_  \nnobly named so,", "And Censorinus, nobly named so,"),
        ("Twice being _\\[by the people chosen]_  \ncensor,", "Twice being by the people chosen censor,"),
    ],
    "julius-caesar": [("\n\n**This way will I**  \ndisrobe", "\nThis way will I: disrobe")],
    "a-winter-s-tale": [("**Shepard**", "**Shepherd**")],
    "pericles": [("\nDUMB SHOW.\n", "\n"), ("\nSCENE I:\n", "\n### SCENE I:\n")],
    "cymbeline": [("**Scene III**  \n", "### SCENE III. "), ("\nCYMBELINE\n", "\n")],
    "the-tempest": [
        ("EPILOGUE  \nSPOKEN BY PROSPERO  \n", "# EPILOGUE\n\n**PROSPERO**\n"),
        ("ARIEL'S song.  \n", "**ARIEL**\n"), ("_Burthen _\\[dispersedly, within_", "_Burthen dispersedly, within_"),
    ],
    "hamlet": [("**ROSENCRANTZ: & GUILDENSTERN:**", "**ROSENCRANTZ & GUILDENSTERN**")],
    "richard-iii": [("**Second murderer**", "**Second Murderer**")],
    "othello": [("**Second Gentlemen**", "**Second Gentleman**")],
    "timon-of-athens": [
        ("Both  \nVarro's Servants And ours", "Varro's Servants And ours"), ("\nEnter FLAMINIUS.\n", "\n"),
        ("_\\[To LUCIUS]_  \n**LUCILIUS**", "**LUCIUS**"),
        ("O blessed breeding sun", "**TIMON**\nO blessed breeding sun"),
    ],
}
