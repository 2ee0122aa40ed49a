using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>What one pair that is being made takes for itself (F-26). It ends when the claim is disposed of.</summary>
internal sealed class PairClaim(PairClaims claims, string name) : IDisposable
{
    private readonly List<string> _storages = [];

    /// <summary>The pair's name.</summary>
    public string Name => name;

    /// <summary>Its storages on this agent, so far.</summary>
    public IReadOnlyList<string> Storages => _storages;

    /// <summary>Claims storages beside those of before.</summary>
    /// <exception cref="Control.Errors.ControlException"><see cref="ErrorIds.StoragesAreTheSame"/> or <see cref="ErrorIds.StorageAlreadyInPair"/>.</exception>
    public void Add(IReadOnlyList<string> storages) => claims.Add(this, _storages, storages);

    /// <inheritdoc/>
    public void Dispose() => claims.Release(this);
}
