"""Portuguese: the sentences of ``phrases``, and how numbers, money and dates are written."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from voltoken.tariff.telling.language import Language

WORDS: Final = MappingProxyType(
    {
        "{amount} per {unit}": "{amount} por {unit}",
        "{amount} {name}": "{amount} de {name}",
        "{amount} {name} ({rate})": "{amount} de {name} ({rate})",
        "{count} cent": "{count} cêntimo",
        "{count} cents": "{count} cêntimos",
        "{count} centavo": "{count} centavo",
        "{count} centavos": "{count} centavos",
        "{count} franc": "{count} franco",
        "{count} francs": "{count} francos",
        "{count} kobo": "{count} kobo",
        "{count} ngwee": "{count} ngwee",
        "{count} pesewa": "{count} pesewa",
        "{count} pesewas": "{count} pesewas",
        "{count} thebe": "{count} thebe",
        "{count} shilling": "{count} xelim",
        "{count} shillings": "{count} xelins",
        "levies and taxes": "contribuições e impostos",
        "this month": "este mês",
        "in this period": "neste período",
        "You paid {paid} and bought {units}.": "Pagou {paid} e comprou {units}.",
        "You paid {paid} and bought {units}. You also get {free} free.": (
            "Pagou {paid} e comprou {units}. Recebe também {free} de graça."
        ),
        "You get {free} free.": "Recebe {free} de graça.",
        "You paid {paid} and get {free} free. The money did not buy any units this time.": (
            "Pagou {paid} e recebe {free} de graça. Desta vez o dinheiro não chegou para comprar unidades."
        ),
        "You paid {paid}. It did not buy any units this time.": (
            "Pagou {paid}. Desta vez o dinheiro não chegou para comprar unidades."
        ),
        "You paid {paid} and get {credit} of credit for your meter.": (
            "Pagou {paid} e recebe {credit} de crédito para o seu contador."
        ),
        "What you paid": "O que pagou",
        "You paid {amount} on {day}.": "Pagou {amount} em {day}.",
        "We added {amount} that was left over from your last purchase.": (
            "Juntámos {amount}, o resto da sua última compra."
        ),
        "We took back {amount}: last time you got that much more than you paid for.": (
            "Descontámos {amount}: da última vez recebeu esse valor a mais do que pagou."
        ),
        "What was taken first": "O que foi descontado primeiro",
        "{amount} went towards your debt ({name}).": "{amount}: pagamento da sua dívida ({name}).",
        "{amount} went towards your debt ({name}). That is {share} of what you paid.": (
            "{amount}: pagamento da sua dívida ({name}). É {share} do que pagou."
        ),
        "{amount} went towards your debt ({name}). That is {share} of what was left by then.": (
            "{amount}: pagamento da sua dívida ({name}). É {share} do que restava nesse momento."
        ),
        "{amount} went towards your debt ({name}). It is now paid off.": (
            "{amount}: pagamento da sua dívida ({name}). Já está toda paga."
        ),
        "{amount} paid a charge ({name}).": "{amount}: pagamento de uma taxa ({name}).",
        "{amount} paid a charge ({name}); {extra} of that is {taxes}.": (
            "{amount}: pagamento de uma taxa ({name}), incluindo {extra} de {taxes}."
        ),
        "{amount} paid part of a charge ({name}).": "{amount}: pagamento de parte de uma taxa ({name}).",
        "{amount} paid part of a charge ({name}); {extra} of that is {taxes}.": (
            "{amount}: pagamento de parte de uma taxa ({name}), incluindo {extra} de {taxes}."
        ),
        "How the rest became units": "Como o resto se tornou unidades",
        "How your money became units": "Como o seu dinheiro se tornou unidades",
        "How the rest became credit": "Como o resto se tornou crédito",
        "How your money became credit": "Como o seu dinheiro se tornou crédito",
        "That left {amount} to buy units.": "Valor que sobrou para comprar unidades: {amount}.",
        "Nothing was left to buy units.": "Não sobrou nada para comprar unidades.",
        "That is less than the smallest amount that can be sold, {step}.": (
            "É menos do que a quantidade mais pequena que se pode vender, {step}."
        ),
        "The price is {price}.": "O preço é de {price}.",
        "The price is {price}, with all levies and taxes.": (
            "O preço é de {price}, com todas as contribuições e impostos."
        ),
        "The more you buy {period}, the more a unit costs.": (
            "Quanto mais compra {period}, mais custa cada unidade."
        ),
        "What a unit costs depends on how much you buy {period}.": (
            "O preço de uma unidade depende da quantidade que compra {period}."
        ),
        "Before this purchase you had bought {units} {period}.": (
            "Antes desta compra tinha comprado {units} {period}."
        ),
        "Before this purchase you had not bought any {period}.": (
            "Antes desta compra não tinha comprado nada {period}."
        ),
        "With free units you were at {units} {period} when you began to buy.": (
            "Com as unidades grátis, já ia em {units} {period} quando começou a comprar."
        ),
        "Up to {limit} the price is {price}: {amount} bought {units}.": (
            "Até {limit} o preço é de {price}: {amount} por {units}."
        ),
        "From there up to {limit} it is {price}: {amount} bought {units}.": (
            "Depois, até {limit}, é de {price}: {amount} por {units}."
        ),
        "Above that it is {price}: {amount} bought {units}.": (
            "Acima disso é de {price}: {amount} por {units}."
        ),
        "{amount} bought {units} at {price}.": "{units} a {price}: {amount}.",
        "That price now counts for the units before as well, which took another {amount}.": (
            "Esse preço passa a valer também para as unidades anteriores, o que levou mais {amount}."
        ),
        "You went above {limit} {period} for the first time: {amount} for {name}.": (
            "Passou de {limit} {period} pela primeira vez: {amount} de {name}."
        ),
        "All levies and taxes are in these prices.": (
            "Estes preços já incluem todas as contribuições e impostos."
        ),
        "{amount} brought {credit} of credit.": "{amount} deram {credit} de crédito.",
        "{amount} brought {credit} of credit; the other {extra} is {taxes}.": (
            "{amount} deram {credit} de crédito, depois de {extra} de {taxes}."
        ),
        "Your meter takes what you use from the credit.": (
            "O seu contador desconta do crédito o que consumir."
        ),
        "Levies and taxes": "Contribuições e impostos",
        "{amount} of what you paid is {name}.": (
            "No que pagou há {amount} de contribuições e impostos: {name}."
        ),
        "{amount} of what you paid is {name} ({rate}).": (
            "No que pagou há {amount} de contribuições e impostos: {name} ({rate})."
        ),
        "{amount} of what you paid is levies and taxes: {items}.": (
            "No que pagou há {amount} de contribuições e impostos: {items}."
        ),
        "{amount} was taken off for you ({name}).": "Desconto a seu favor: {amount} ({name}).",
        "Free units": "Unidades grátis",
        "You get {units} free ({name}).": "Recebe {units} de graça ({name}).",
        "Free units count like those you buy when the price of the next ones is worked out.": (
            "As unidades grátis contam como as que compra quando se calcula o preço das seguintes."
        ),
        "Rounding": "Arredondamento",
        "Units are sold in steps of {step}. Rounding gave you {coins} more than you paid for.": (
            "As unidades vendem-se em múltiplos de {step}. O arredondamento deu-lhe {coins} a mais do que "
            "pagou."
        ),
        "Units are sold in steps of {step}. Rounding cost you {coins}.": (
            "As unidades vendem-se em múltiplos de {step}. O arredondamento custou-lhe {coins}."
        ),
        "Your money was worth {exact}. In steps of {step} that rounds down to {units}.": (
            "O seu dinheiro valia {exact}. As unidades vendem-se em múltiplos de {step}: arredondado para "
            "baixo, {units}."
        ),
        "Your money was worth {exact}. In steps of {step} that rounds up to {units}.": (
            "O seu dinheiro valia {exact}. As unidades vendem-se em múltiplos de {step}: arredondado para "
            "cima, {units}."
        ),
        "The amounts are rounded, which gave you {coins} more than you paid for.": (
            "Os valores são arredondados, o que lhe deu {coins} a mais do que pagou."
        ),
        "The amounts are rounded, which cost you {coins}.": (
            "Os valores são arredondados, o que lhe custou {coins}."
        ),
        "Rounding gave you {coins} more than you paid for.": (
            "O arredondamento deu-lhe {coins} a mais do que pagou."
        ),
        "Rounding cost you {coins}.": "O arredondamento custou-lhe {coins}.",
        "Left over: {coins}. We keep it for you and add it to your next purchase.": (
            "Sobra: {coins}. Guardamos esse valor para si e juntamo-lo à sua próxima compra."
        ),
        "Rounding gave you {coins} more than you paid for. Your next purchase pays it back.": (
            "O arredondamento deu-lhe {coins} a mais do que pagou. A sua próxima compra paga esse valor."
        ),
        "Your tokens": "Os seus códigos",
        "One token carries what you bought: {items}.": "Um código traz o que comprou: {items}.",
        "{count} tokens carry what you bought: {items}. No single one can carry it, so enter them all.": (
            "{count} códigos trazem o que comprou: {items}. Um só não chega para o trazer: introduza todos."
        ),
        "One token carries your free units: {items}.": "Um código traz as suas unidades grátis: {items}.",
        "{count} tokens carry your free units: {items}.": (
            "{count} códigos trazem as suas unidades grátis: {items}."
        ),
        "What you still owe": "O que ainda deve",
        "Your debt ({name}) is now {amount}.": "A sua dívida ({name}) é agora de {amount}.",
        "{amount} of a charge ({name}) is still to be paid.": "Falta pagar {amount} de uma taxa ({name}).",
        "What comes next": "E a seguir",
        "You have now bought {units} {period}.": "Já comprou {units} {period}.",
        "You have now had {units} {period}, free units included.": (
            "Já recebeu {units} {period}, incluindo as unidades grátis."
        ),
        "From here the price is {price}.": "A partir daqui o preço é de {price}.",
        "The price stays the same, however much you buy.": "O preço é sempre o mesmo, compre o que comprar.",
        "The next {units} cost {price}. After that the price goes up to {then}.": (
            "Por mais {units} o preço é de {price}. Depois sobe para {then}."
        ),
        "That price will count for the units before as well: {amount} will go to that first.": (
            "Esse preço vai valer também para as unidades anteriores, o que custará primeiro {amount}."
        ),
        "Going above {limit} takes {amount} first, once {period} ({name}).": (
            "Acima de {limit} paga-se primeiro {amount}, uma só vez {period} ({name})."
        ),
        "The next {units} cost {price}. After that the price comes down to {then}.": (
            "Por mais {units} o preço é de {price}. Depois desce para {then}."
        ),
        "The next {units} cost {price}, and so do those after.": (
            "Por mais {units} o preço é de {price}, e depois fica igual."
        ),
        "The count starts again at zero on {day}.": "A contagem recomeça do zero em {day}.",
        "Compared with last time": "Em comparação com a última vez",
        "On {day} you paid {paid} and got {units}. This time you got {difference} more.": (
            "Em {day} pagou {paid} e recebeu {units}. Desta vez recebe mais {difference}."
        ),
        "On {day} you paid {paid} and got {units}. This time you got {difference} less.": (
            "Em {day} pagou {paid} e recebeu {units}. Desta vez recebe menos {difference}."
        ),
        "On {day} you paid {paid} and got {units}. This time you got just as much.": (
            "Em {day} pagou {paid} e recebeu {units}. Desta vez recebe o mesmo."
        ),
        "{why} That makes {units} more.": "{why} São mais {units}.",
        "{why} That makes {units} less.": "{why} São menos {units}.",
        "You paid {amount} more.": "Pagou mais {amount}.",
        "You paid {amount} less.": "Pagou menos {amount}.",
        "{amount} more came over from the purchase before.": "A compra anterior deixou mais {amount}.",
        "{amount} less came over from the purchase before.": "A compra anterior deixou menos {amount}.",
        "{amount} less went to charges.": "As taxas levaram menos {amount}.",
        "{amount} more went to charges.": "As taxas levaram mais {amount}.",
        "{amount} less went towards what you owe.": "O pagamento das suas dívidas levou menos {amount}.",
        "{amount} more went towards what you owe.": "O pagamento das suas dívidas levou mais {amount}.",
        "You already had {now} before buying (last time {before}), and units cost less there.": (
            "Antes de comprar já tinha {now} (da última vez {before}), e aí as unidades custam menos."
        ),
        "You already had {now} before buying (last time {before}), and units cost more there.": (
            "Antes de comprar já tinha {now} (da última vez {before}), e aí as unidades custam mais."
        ),
        "You bought at another place in the price list.": "Comprou noutro nível de preço.",
        "The count of your units has started again since then.": (
            "A contagem das suas unidades recomeçou desde então."
        ),
        "Your prices have changed.": "Os seus preços mudaram.",
        "There is a new price list.": "Há uma nova lista de preços.",
        "Your prices are different this month.": "Os seus preços são diferentes este mês.",
        "The rate of exchange has changed.": "A taxa de câmbio mudou.",
        "You got {units} more for free.": "Recebe de graça mais {units}.",
        "You got {units} less for free.": "Recebe de graça menos {units}.",
        "Rounding makes {units} more.": "O arredondamento dá mais {units}.",
        "Rounding makes {units} less.": "O arredondamento dá menos {units}.",
        "Rounding of units": "Arredondamento das unidades",
        "What": "Descrição",
        "Units": "Unidades",
        "Price": "Preço",
        "Amount": "Valor",
        "Units, price {block}": "Unidades, preço {block}",
        "Units before, now at price {block}": "Unidades anteriores, agora ao preço {block}",
        "Credit": "Crédito",
        "{name} (debt)": "{name} (dívida)",
        "{name} (free)": "{name} (grátis)",
        "Left over from your last purchase": "Sobra da sua última compra",
        "Taken back from your last purchase": "Descontado da sua última compra",
        "Kept for your next purchase": "Guardado para a sua próxima compra",
        "Paid back by your next purchase": "Pago pela sua próxima compra",
        "You paid": "Pagou",
        "{rate} of {base}": "{rate} de {base}",
        "{rate}: {price}": "{rate}: {price}",
        "{rate} per {unit}": "{rate} por {unit}",
    }
)
"""Portuguese templates by English ones."""

PORTUGUESE: Final = Language(
    code="pt",
    name="português",
    words=WORDS,
    months=(
        *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
        *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    ),
    decimal=",",
    group="\N{NO-BREAK SPACE}",
    money="{amount} {symbol}",
    percent="{number}%",
    day="{day} de {month} de {year}",
    last=" e ",
)
"""Portuguese: 1 234,50 MT."""
