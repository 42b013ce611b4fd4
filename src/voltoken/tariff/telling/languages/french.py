"""French: the sentences of ``phrases``, and how numbers, money and dates are written."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from voltoken.tariff.telling.language import NO_BREAK, Language

_WORDS: Final = {
    "{amount} per {unit}": "{amount} par {unit}",
    "{amount} {name}": "{amount} pour {name}",
    "{amount} {name} ({rate})": "{amount} pour {name} ({rate})",
    "{count} cent": "{count} centime",
    "{count} cents": "{count} centimes",
    "{count} centavo": "{count} centavo",
    "{count} centavos": "{count} centavos",
    "{count} franc": "{count} franc",
    "{count} francs": "{count} francs",
    "{count} kobo": "{count} kobo",
    "{count} ngwee": "{count} ngwee",
    "{count} pesewa": "{count} pesewa",
    "{count} pesewas": "{count} pesewas",
    "{count} thebe": "{count} thebe",
    "{count} shilling": "{count} shilling",
    "{count} shillings": "{count} shillings",
    "levies and taxes": "contributions et taxes",
    "this month": "ce mois-ci",
    "in this period": "pendant cette période",
    "You paid {paid} and bought {units}.": "Vous avez payé {paid} et acheté {units}.",
    "You paid {paid} and bought {units}. You also get {free} free.": (
        "Vous avez payé {paid} et acheté {units}. Vous recevez aussi {free} gratuitement."
    ),
    "You get {free} free.": "Vous recevez {free} gratuitement.",
    "You paid {paid} and get {free} free. The money did not buy any units this time.": (
        "Vous avez payé {paid} et recevez {free} gratuitement. Cette fois, votre argent n'a pas permis "
        "d'acheter d'unités."
    ),
    "You paid {paid}. It did not buy any units this time.": (
        "Vous avez payé {paid}. Cette fois, cela n'a pas permis d'acheter d'unités."
    ),
    "You paid {paid} and get {credit} of credit for your meter.": (
        "Vous avez payé {paid} et recevez {credit} de crédit pour votre compteur."
    ),
    "What you paid": "Ce que vous avez payé",
    "You paid {amount} on {day}.": "Vous avez payé {amount} le {day}.",
    "We added {amount} that was left over from your last purchase.": (
        "Nous avons ajouté {amount}, le reste de votre dernier achat."
    ),
    "We took back {amount}: last time you got that much more than you paid for.": (
        "Nous avons repris {amount} : la dernière fois, vous aviez reçu cela de plus que ce que vous "
        "aviez payé."
    ),
    "What was taken first": "Ce qui a été prélevé d'abord",
    "{amount} went towards your debt ({name}).": "{amount} : remboursement de votre dette ({name}).",
    "{amount} went towards your debt ({name}). That is {share} of what you paid.": (
        "{amount} : remboursement de votre dette ({name}). C'est {share} de ce que vous avez payé."
    ),
    "{amount} went towards your debt ({name}). That is {share} of what was left by then.": (
        "{amount} : remboursement de votre dette ({name}). C'est {share} de ce qui restait alors."
    ),
    "{amount} went towards your debt ({name}). It is now paid off.": (
        "{amount} : remboursement de votre dette ({name}). Elle est maintenant entièrement payée."
    ),
    "{amount} paid a charge ({name}).": "{amount} : paiement d'une redevance ({name}).",
    "{amount} paid a charge ({name}); {extra} of that is {taxes}.": (
        "{amount} : paiement d'une redevance ({name}), dont {extra} de {taxes}."
    ),
    "{amount} paid part of a charge ({name}).": (
        "{amount} : paiement d'une partie d'une redevance ({name})."
    ),
    "{amount} paid part of a charge ({name}); {extra} of that is {taxes}.": (
        "{amount} : paiement d'une partie d'une redevance ({name}), dont {extra} de {taxes}."
    ),
    "How the rest became units": "Comment le reste est devenu des unités",
    "How your money became units": "Comment votre argent est devenu des unités",
    "How the rest became credit": "Comment le reste est devenu du crédit",
    "How your money became credit": "Comment votre argent est devenu du crédit",
    "That left {amount} to buy units.": "Il restait {amount} pour acheter des unités.",
    "Nothing was left to buy units.": "Il ne restait rien pour acheter des unités.",
    "That is less than the smallest amount that can be sold, {step}.": (
        "C'est moins que la plus petite quantité que l'on puisse vendre, {step}."
    ),
    "The price is {price}.": "Le prix est de {price}.",
    "The price is {price}, with all levies and taxes.": (
        "Le prix est de {price}, contributions et taxes comprises."
    ),
    "The more you buy {period}, the more a unit costs.": (
        "Plus vous achetez d'unités {period}, plus chacune coûte cher."
    ),
    "What a unit costs depends on how much you buy {period}.": (
        "Le prix d'une unité dépend de la quantité que vous achetez {period}."
    ),
    "Before this purchase you had bought {units} {period}.": (
        "Avant cet achat, vous aviez acheté {units} {period}."
    ),
    "Before this purchase you had not bought any {period}.": (
        "Avant cet achat, vous n'aviez rien acheté {period}."
    ),
    "With free units you were at {units} {period} when you began to buy.": (
        "Avec les unités gratuites, vous en étiez à {units} {period} au début de cet achat."
    ),
    "Up to {limit} the price is {price}: {amount} bought {units}.": (
        "Jusqu'à {limit}, le prix est de {price} : {amount} pour {units}."
    ),
    "From there up to {limit} it is {price}: {amount} bought {units}.": (
        "Ensuite, jusqu'à {limit}, il est de {price} : {amount} pour {units}."
    ),
    "Above that it is {price}: {amount} bought {units}.": (
        "Au-delà, il est de {price} : {amount} pour {units}."
    ),
    "{amount} bought {units} at {price}.": "{units} à {price} : {amount}.",
    "That price now counts for the units before as well, which took another {amount}.": (
        "Ce prix vaut désormais aussi pour les unités d'avant, ce qui a pris {amount} de plus."
    ),
    "You went above {limit} {period} for the first time: {amount} for {name}.": (
        "Vous avez dépassé {limit} {period} pour la première fois : {amount} pour {name}."
    ),
    "All levies and taxes are in these prices.": (
        "Toutes les contributions et taxes sont comprises dans ces prix."
    ),
    "{amount} brought {credit} of credit.": "{amount} ont donné {credit} de crédit.",
    "{amount} brought {credit} of credit; the other {extra} is {taxes}.": (
        "{amount} ont donné {credit} de crédit, après {extra} de {taxes}."
    ),
    "Your meter takes what you use from the credit.": (
        "Votre compteur déduit du crédit ce que vous consommez."
    ),
    "Levies and taxes": "Contributions et taxes",
    "{amount} of what you paid is {name}.": (
        "Dans ce que vous avez payé, il y a {amount} de contributions et taxes : {name}."
    ),
    "{amount} of what you paid is {name} ({rate}).": (
        "Dans ce que vous avez payé, il y a {amount} de contributions et taxes : {name} ({rate})."
    ),
    "{amount} of what you paid is levies and taxes: {items}.": (
        "Dans ce que vous avez payé, il y a {amount} de contributions et taxes : {items}."
    ),
    "{amount} was taken off for you ({name}).": "Déduction en votre faveur : {amount} ({name}).",
    "Free units": "Unités gratuites",
    "You get {units} free ({name}).": "Vous recevez {units} gratuitement ({name}).",
    "Free units count like those you buy when the price of the next ones is worked out.": (
        "Les unités gratuites comptent comme celles que vous achetez pour fixer le prix des suivantes."
    ),
    "Rounding": "Arrondi",
    "Units are sold in steps of {step}. Rounding gave you {coins} more than you paid for.": (
        "Les unités se vendent par multiples de {step}. L'arrondi vous a donné {coins} de plus que ce "
        "que vous avez payé."
    ),
    "Units are sold in steps of {step}. Rounding cost you {coins}.": (
        "Les unités se vendent par multiples de {step}. L'arrondi vous a coûté {coins}."
    ),
    "Your money was worth {exact}. In steps of {step} that rounds down to {units}.": (
        "Votre argent valait {exact}. Les unités se vendent par multiples de {step} : {units}, en "
        "arrondissant vers le bas."
    ),
    "Your money was worth {exact}. In steps of {step} that rounds up to {units}.": (
        "Votre argent valait {exact}. Les unités se vendent par multiples de {step} : {units}, en "
        "arrondissant vers le haut."
    ),
    "The amounts are rounded, which gave you {coins} more than you paid for.": (
        "Les montants sont arrondis, ce qui vous a donné {coins} de plus que ce que vous avez payé."
    ),
    "The amounts are rounded, which cost you {coins}.": (
        "Les montants sont arrondis, ce qui vous a coûté {coins}."
    ),
    "Rounding gave you {coins} more than you paid for.": (
        "L'arrondi vous a donné {coins} de plus que ce que vous avez payé."
    ),
    "Rounding cost you {coins}.": "L'arrondi vous a coûté {coins}.",
    "Left over: {coins}. We keep it for you and add it to your next purchase.": (
        "Reste : {coins}. Nous le gardons pour vous et l'ajoutons à votre prochain achat."
    ),
    "Rounding gave you {coins} more than you paid for. Your next purchase pays it back.": (
        "L'arrondi vous a donné {coins} de plus que ce que vous avez payé. Votre prochain achat le rembourse."
    ),
    "Your tokens": "Vos jetons",
    "One token carries what you bought: {items}.": "Un jeton porte ce que vous avez acheté : {items}.",
    "{count} tokens carry what you bought: {items}. No single one can carry it, so enter them all.": (
        "{count} jetons portent ce que vous avez acheté : {items}. Un seul ne peut pas le porter : "
        "saisissez-les tous."
    ),
    "One token carries your free units: {items}.": "Un jeton porte vos unités gratuites : {items}.",
    "{count} tokens carry your free units: {items}.": (
        "{count} jetons portent vos unités gratuites : {items}."
    ),
    "What you still owe": "Ce que vous devez encore",
    "Your debt ({name}) is now {amount}.": "Votre dette ({name}) est maintenant de {amount}.",
    "{amount} of a charge ({name}) is still to be paid.": (
        "Il reste {amount} à payer d'une redevance ({name})."
    ),
    "What comes next": "Et ensuite",
    "You have now bought {units} {period}.": "Vous avez maintenant acheté {units} {period}.",
    "You have now had {units} {period}, free units included.": (
        "Vous avez maintenant reçu {units} {period}, unités gratuites comprises."
    ),
    "From here the price is {price}.": "À partir d'ici, le prix est de {price}.",
    "The price stays the same, however much you buy.": (
        "Le prix reste le même, quelle que soit la quantité que vous achetez."
    ),
    "The next {units} cost {price}. After that the price goes up to {then}.": (
        "Pour {units} encore, le prix est de {price}. Ensuite, il monte à {then}."
    ),
    "That price will count for the units before as well: {amount} will go to that first.": (
        "Ce prix vaudra aussi pour les unités d'avant, ce qui coûtera d'abord {amount}."
    ),
    "Going above {limit} takes {amount} first, once {period} ({name}).": (
        "Au-delà de {limit}, il faut d'abord {amount}, une seule fois {period} ({name})."
    ),
    "The next {units} cost {price}. After that the price comes down to {then}.": (
        "Pour {units} encore, le prix est de {price}. Ensuite, il descend à {then}."
    ),
    "The next {units} cost {price}, and so do those after.": (
        "Pour {units} encore, le prix est de {price}, et il reste le même ensuite."
    ),
    "The count starts again at zero on {day}.": "Le compte repart de zéro le {day}.",
    "Compared with last time": "Par rapport à la dernière fois",
    "On {day} you paid {paid} and got {units}. This time you got {difference} more.": (
        "Le {day}, vous aviez payé {paid} et reçu {units}. Cette fois, vous recevez {difference} de plus."
    ),
    "On {day} you paid {paid} and got {units}. This time you got {difference} less.": (
        "Le {day}, vous aviez payé {paid} et reçu {units}. Cette fois, vous recevez {difference} de moins."
    ),
    "On {day} you paid {paid} and got {units}. This time you got just as much.": (
        "Le {day}, vous aviez payé {paid} et reçu {units}. Cette fois, vous recevez tout autant."
    ),
    "{why} That makes {units} more.": "{why} Cela fait {units} de plus.",
    "{why} That makes {units} less.": "{why} Cela fait {units} de moins.",
    "You paid {amount} more.": "Vous avez payé {amount} de plus.",
    "You paid {amount} less.": "Vous avez payé {amount} de moins.",
    "{amount} more came over from the purchase before.": ("L'achat d'avant vous a laissé {amount} de plus."),
    "{amount} less came over from the purchase before.": ("L'achat d'avant vous a laissé {amount} de moins."),
    "{amount} less went to charges.": "Les redevances ont pris {amount} de moins.",
    "{amount} more went to charges.": "Les redevances ont pris {amount} de plus.",
    "{amount} less went towards what you owe.": ("Le remboursement de vos dettes a pris {amount} de moins."),
    "{amount} more went towards what you owe.": "Le remboursement de vos dettes a pris {amount} de plus.",
    "You already had {now} before buying (last time {before}), and units cost less there.": (
        "Avant d'acheter, vous aviez déjà {now} (la dernière fois {before}), et à ce niveau les unités "
        "coûtent moins cher."
    ),
    "You already had {now} before buying (last time {before}), and units cost more there.": (
        "Avant d'acheter, vous aviez déjà {now} (la dernière fois {before}), et à ce niveau les unités "
        "coûtent plus cher."
    ),
    "You bought at another place in the price list.": "Vous avez acheté à un autre niveau de prix.",
    "The count of your units has started again since then.": (
        "Le compte de vos unités est reparti de zéro depuis."
    ),
    "Your prices have changed.": "Vos prix ont changé.",
    "There is a new price list.": "Il y a une nouvelle liste de prix.",
    "Your prices are different this month.": "Vos prix sont différents ce mois-ci.",
    "The rate of exchange has changed.": "Le taux de change a changé.",
    "You got {units} more for free.": "Vous recevez gratuitement {units} de plus.",
    "You got {units} less for free.": "Vous recevez gratuitement {units} de moins.",
    "Rounding makes {units} more.": "L'arrondi fait {units} de plus.",
    "Rounding makes {units} less.": "L'arrondi fait {units} de moins.",
    "Rounding of units": "Arrondi des unités",
    "What": "Désignation",
    "Units": "Unités",
    "Price": "Prix",
    "Amount": "Montant",
    "Units, price {block}": "Unités, prix {block}",
    "Units before, now at price {block}": "Unités d'avant, désormais au prix {block}",
    "Credit": "Crédit",
    "{name} (debt)": "{name} (dette)",
    "{name} (free)": "{name} (gratuit)",
    "Left over from your last purchase": "Reste de votre dernier achat",
    "Taken back from your last purchase": "Repris de votre dernier achat",
    "Kept for your next purchase": "Gardé pour votre prochain achat",
    "Paid back by your next purchase": "Remboursé par votre prochain achat",
    "You paid": "Vous avez payé",
    "{rate} of {base}": "{rate} de {base}",
    "{rate}: {price}": "{rate} : {price}",
    "{rate} per {unit}": "{rate} par {unit}",
}

WORDS: Final = MappingProxyType(
    {english: words.replace(" :", f"{NO_BREAK}:") for english, words in _WORDS.items()}
)
"""French templates by English ones; a colon is never parted from the word before it."""

FRENCH: Final = Language(
    code="fr",
    name="français",
    words=WORDS,
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    decimal=",",
    group="\N{NARROW NO-BREAK SPACE}",
    money="{amount} {symbol}",
    percent="{number}\N{NO-BREAK SPACE}%",
    day="{day} {month} {year}",
    first="1er {month} {year}",
    last=" et ",
    one_below_two=True,
)
"""French: 1 234,50 R."""
