"""Derives the word list by which canonical text recognises a disguised English word.

Reads labelled messages under the MIT licence (`{"text"}` a line) and the project's own guides, counts words
by how many texts have them, puts the hand-written ones below on top, and keeps the order: frequent first.
The list says nothing about what is spam. Run: python scripts/guard_words.py MESSAGES.jsonl
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

from guildhall.guard.model.own import own_rows

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "src/guildhall/guard/letters/words.json"
SOURCES = ("janitr", "tgspam")
SHORT = """
a i am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we u ur r n k im id ill
its the and for are but not you all any can had her was one our out day get has him his how man new now
old see two way who boy did let put say she too use dad mom bad big end far few got ask own run try why
car set sun top yes yet win won buy pay sell cash free fast safe sms txt pls plz dm pm tg wp nft defi eth
btc sol bnb usd usdt usdc gas fee tax apy apr roi ath tvl dao dex cex kyc otp pin app web bot url api rpc
gm gn lol omg wtf fyi asap ads ad fan fun bet war job jobs vip pro max min per via off don won age ago
air art bag bar bed bit box bus cup cut dog cat cry die dry due ear eat egg era eye fit fix fly gym hat
hit hot ice ill joy key kid law leg lie lot low map mix net nor odd oil pet red rid row sad sea sex sit
six sky son tea ten tie tip toy van wet zip lets thats dont
"""
COMMON = """
about above accept access account accounts across action activate activated activation active actually
address addresses adult advance advice after again against agent agents agree ahead airdrop airdrops
alert alerts allow allowed almost alone along already also although always amazing amount announce
announcement another answer anyone anything anyway apartment apple application apply approve approved
april area around arrive article asked asset assets assistance assistant attention august available
average awaiting award awarded away awesome baby back balance bank banking based basic beautiful became
because become before began begin behind being believe below benefit benefits best better between binance
bitcoin block blocked blockchain bonus bonuses book boost bought bring broker brother build business
buying call called caller calling calls camera cancel capital card cards care careful cashback casino
certified chain chance change chart charge charged chat cheap check checked child children choose
christmas city claim claimed claiming claims class click close club code codes coin coinbase coins
collect collection come coming commission community company compensation complete completed confirm
confirmation confirmed congrats congratulations connect connected connecting connection contact contacts
contract control convert copy correct cost could country couple course create credit credits crypto
cryptocurrency currency current currently customer customers daily data date dating deal deals dear debt
decide deliver delivery deposit deposited deposits details developer dinner direct directly discord
discount does dollar dollars done double doubled down download draw dream drive drop during each early
earn earned earning earnings earth easily easy effort either email employee end energy enjoy enough enter
entered entitled entry error escort ethereum euro even evening event events ever every everyone
everything exactly example excellent except exchange exclusive expect experience expert experts expire
expired expires explain extra face facebook fact fake family father favorite february feel fees fiat
field final finally finance financial find fine finish first five flash flight float follow followers
following food forever forex forget form forward found four free freebie frequently friday friend friends
from full fund funds further future gain gains gambling game games gateway general gift gifts girl girls
give giveaway given giving goes going gold gone good google government grand great group groups grow
growth guarantee guaranteed guess guide guys half hand happen happened happy hard have having health hear
heard heart heavy hello help helpdesk helped here high highest hold holder holders holiday home honest
hope hospital hotel hour hours house however huge human hundred hurry idea immediately important inbox
include included income increase indeed info information inside insider instagram install instant
instantly instead insurance interest interested internet into invest invested investing investment
investments investor investors invite invited january join joined joining july june just keep kill kind
king know known lady land large last late later launch launched lead leader learn least leave left legit
legitimate less letter level leverage license life light like limit limited line link links liquid
liquidity list listed listen listing little live living loan loans local locked login long longer look
looking lose loss lost lots love lovely lower luck lucky lunch machine made mail main make making manage
management manager many march market marketing markets match matter maybe mean meet meeting member
members membership memes message messages metamask method middle might mile million mind mine miner
mining minimum mint minted minting minute minutes miss missed mobile moment monday money month monthly
months moon more morning most mother move movie much music must myself naked name national native near
need needed network never newest news next nice night nobody nokia none normal nothing notice november
nudes number numbers october offer offers office official okay once ones online only open opened opinion
opportunity option order orders other others ours outside over owner package page paid pair part partner
party pass passed passphrase password past payment payments payout people percent perfect perform person
personal phone photo photos phrase phrases pick picture pictures place plan platform play player please
point points police poll pool popular portfolio position possible post postal pound pounds power premium
presale present press pretty price prices private prize prizes probably problem problems process product
products profile profit profitable profits program project promise promo promotion protect protocol proof
prove provide public pump purchase push question questions quick quickly quite quiz rate reach read ready
real really reason receive received recent recently recharge recommend recover recovered recovery redeem
redeemed reduce refer referral referred refund register registered registration regular relationship
release remember remote remove rent reply report request required reset respond response restore
restricted result return returned returns reveal review reward rewards ride right ring ringtone ringtones
risk road rock room rules running safe safely safety said salary sale same saturday save saved savings
scam scammed scammer scammers schedule school score search season seat second secret secure security seed
selected selection selling send sender sending sent september series serious server service services
session seven several sexy share shares shit shop shopping short should show side sign signal signals
significant similar simple simply since single sister site sites sleep slots small smile smoke social
sold some someone something sometimes song soon sorry sound speak special specialist speed spend sport
spot stage stake staking stand start started starting state statement station stay step steps still stock
stocks stolen stop stopped store story straight strategy street strong stuck student study stuff
subscribe subscription success successful such suddenly summer sunday super support supported sure
surprise surprised suspended swap system take taken taking talk target task tasks teacher team technical
teen telegram tell terms test text thank thanks that their them then there these they thing things think
third this those though thought thousand thousands three through thursday ticket tickets till time times
tired today together told token tokens tomorrow tone tones tonight total touch toward town trade trader
traders trades trading traffic train transaction transactions transfer transferred travel treasury trial
trip trouble true trust trusted truth trying tuesday turn twice twitter uncle under understand unique
uniswap unit university unlimited unlock unsubscribe until update updated updates upgrade upload urgent
used user username users using usually valid validate validated validation valued verification verified
verify verifying very video videos view virtual visa visit voice voucher vouchers wait waiting walk
wallet wallets want wanted warm warning washing watch water website wednesday week weekend weekly weeks
weight welcome went were west whale what whatever whatsapp when where whether which while white whitelist
whole whose wife will willing window winner winners winning wins wish with withdraw withdrawal
withdrawals withdrawn within without woman women wonder wonderful word words work worked working world
worry worth would write wrong yeah year years yesterday young your yours yourself youtube phantom ledger
trezor kraken bybit solana polygon arbitrum optimism mnemonic keystore anydesk teamviewer synchronize
rectify eligible eligibility snapshot allocation airdropped blackjack roulette poker baccarat betting
sportsbook jackpot viagra onlyfans webcam horny lottery inheritance unclaimed beneficiary atm paypal
cashapp zelle westernunion gmail hacker hackers hacked ethical recoverable chargeback mentor mentorship
tutor leaked insiders passive multiplied tripled referrals bonanza lifetime dropshipping affiliate
hosting hiring vacancy freelancer operator landline ringback logo polyphonic wap nokia motorola samsung
camcorder handset texting costs network
"""
WORD = re.compile(r"[a-z]{2,18}")
RUSSIAN = re.compile(r"[а-яё]{1,18}")
NOT_WORDS = re.compile(r"\S*(?:://|[@#$])\S*")
SOURCE = (
    "Words of messages in janitr (MIT licence, janitrai) and tg-spam (MIT licence, umputun), of this"
    " project's own rows and guides, and written by hand; made by scripts/guard_words.py."
)


def main() -> None:
    counts: Counter[str] = Counter()
    russian: Counter[str] = Counter()
    rare: Counter[str] = Counter()
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("source", "").startswith(SOURCES):
            russian.update(RUSSIAN.findall(row["text"].lower().replace("ё", "е")))
            counts.update(set(WORD.findall(NOT_WORDS.sub(" ", row["text"].lower()))))
    for own_row in own_rows(seed=1):
        russian.update(RUSSIAN.findall(own_row.text.lower().replace("ё", "е")))
        rare.update(set(WORD.findall(NOT_WORDS.sub(" ", own_row.text.lower()))))
    for word, seen in rare.items():
        if seen >= 4 and len(word) >= 5:
            counts[word] += 2
    guides: Counter[str] = Counter()
    for path in [*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]:
        guides.update(WORD.findall(path.read_text(encoding="utf-8").lower()))
    own = set(SHORT.split()) | set(COMMON.split())
    for word in own:
        counts[word] += 6
    for word, seen in guides.items():
        if seen >= 3 and len(word) >= 4:
            counts[word] += 2
    kept = [
        word
        for word, seen in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if word in own or (seen >= 2 and len(word) >= 5) or (seen >= 4 and len(word) == 4)
        or (seen >= 25 and len(word) == 3)
    ]  # fmt: skip
    said = [
        word
        for word, seen in sorted(russian.items(), key=lambda item: (-item[1], item[0]))
        if (len(word) >= 4 and seen >= 2) or seen >= 12
    ]
    TARGET.write_text(
        json.dumps({"source": SOURCE, "words": " ".join(kept), "russian": " ".join(said)}, ensure_ascii=False)
        + "\n",
        encoding="utf-8",
    )
    print(f"{len(kept)} English and {len(said)} Russian words, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
