using MirrorTools.Engine.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>What agents ask each other about pairs, by the method's name (docs/formats/state-directory.md lists them).</summary>
internal static class PairMethods
{
    public const string Create = "pair.create", Remove = "pair.remove", Update = "pair.update", Bitmap = "pair.bitmap", Ranges = "pair.ranges",
        Repair = "pair.repair", Generations = "pair.generations", BecomeTarget = "pair.becomeTarget", Remake = "pair.remake", NamePoint = "pair.namePoint";
}

/// <summary>Asks the target's agent to make its side.</summary>
/// <param name="Definition">The pair; its target site holds what was asked for, with empty texts for what the target's agent is to place.</param>
/// <param name="MetadataDirectory">Where the metadata are to be; null for beside C.</param>
/// <param name="GenerationId">The first generation, the same at both sides.</param>
internal sealed record CreateSideRequest(PairDefinition Definition, string? MetadataDirectory, Guid GenerationId);

/// <summary>Names a pair.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="DeleteData">For a removal: the storages go too.</param>
/// <param name="IsTakenBack">For a removal: the pair came to nothing, and so what was made for it goes, and nothing else.</param>
internal sealed record PairRequest(Guid PairId, bool DeleteData = false, bool IsTakenBack = false);

/// <summary>What a repair came to.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="IsOpenedAnew">True where the side was closed, or had failed, and is open now; an older agent does not say.</param>
internal sealed record RepairAnswer(Guid PairId, bool IsOpenedAnew = false);

/// <summary>Asks for a part of a map.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="Map">A name of the contract's maps.</param>
/// <param name="FirstGrain">Where the part begins.</param>
/// <param name="Take">How much of it.</param>
internal sealed record MapRequest(Guid PairId, string Map, long FirstGrain, int Take);

/// <summary>Gives a point at the target a name.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="Number">The point; 0 only asks whether a point may have the name.</param>
/// <param name="Name">The name.</param>
internal sealed record NamePointRequest(Guid PairId, ulong Number, string Name);

/// <summary>The generations of a side.</summary>
/// <param name="PairId">The pair.</param>
/// <param name="Items">Oldest first.</param>
internal sealed record GenerationsMessage(Guid PairId, IReadOnlyList<Generation> Items);
