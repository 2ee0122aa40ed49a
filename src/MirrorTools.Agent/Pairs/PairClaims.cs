using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>
/// The names and storages of pairs that are being made: refused to everybody else until the pair is in the registry or has come to nothing (F-26). Nobody waits, or two agents that make pairs with
/// each other would wait for each other.
/// </summary>
internal sealed class PairClaims(PairRegistry registry)
{
    private readonly Lock _gate = new();
    private readonly List<PairClaim> _beingMade = [];

    /// <summary>Claims a name.</summary>
    /// <param name="name">The new pair's name.</param>
    /// <param name="refusal">What is said where another pair has it.</param>
    /// <exception cref="ControlException"><see cref="ErrorIds.PairExists"/>.</exception>
    public PairClaim Claim(string name, string refusal)
    {
        lock (_gate)
        {
            if (registry.TryFind(name) is not null || _beingMade.Exists(claim => claim.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                throw new ControlException(ErrorIds.PairExists, refusal, name);
            }

            PairClaim claim = new(this, name);
            _beingMade.Add(claim);
            return claim;
        }
    }

    /// <summary>Adds storages to a claim; see <see cref="PairClaim.Add"/>.</summary>
    internal void Add(PairClaim claim, List<string> claimed, IReadOnlyList<string> storages)
    {
        lock (_gate)
        {
            var made = registry.List().SelectMany(pair => pair.LocalSites.Select(site => (pair.Definition.Name, site.Storages)));
            var beingMade = _beingMade.Where(other => other != claim).Select(other => (other.Name, other.Storages));
            StorageClaims.Check([.. claimed, .. storages], made.Concat(beingMade));
            claimed.AddRange(storages);
        }
    }

    /// <summary>Ends a claim.</summary>
    internal void Release(PairClaim claim)
    {
        lock (_gate)
        {
            _beingMade.Remove(claim);
        }
    }
}
