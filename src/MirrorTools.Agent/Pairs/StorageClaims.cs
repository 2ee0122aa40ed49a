using MirrorTools.Agent.Control.Errors;
using MirrorTools.Agent.Storage;
using MirrorTools.Contracts.Errors;

namespace MirrorTools.Agent.Pairs;

/// <summary>Holds that a source has one pair and a storage belongs to one (F-26), by the identity of files and devices and not by their paths.</summary>
internal static class StorageClaims
{
    /// <summary>Checks the storages of a new pair against each other and against those of other pairs.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.StoragesAreTheSame"/> or <see cref="ErrorIds.StorageAlreadyInPair"/>.</exception>
    public static void Check(IReadOnlyList<string> storages, IEnumerable<(string PairName, IReadOnlyList<string> Storages)> others)
    {
        for (var i = 0; i < storages.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (AreTheSame(storages[i], storages[j]))
                {
                    throw new ControlException(
                        ErrorIds.StoragesAreTheSame, $"'{storages[j]}' and '{storages[i]}' are the same file or device.", storages[i]);
                }
            }
        }

        foreach (var (name, taken) in others)
        {
            foreach (var storage in storages)
            {
                if (taken.Any(other => AreTheSame(storage, other)))
                {
                    throw new ControlException(ErrorIds.StorageAlreadyInPair, $"'{storage}' belongs to the pair '{name}'.", storage);
                }
            }
        }
    }

    /// <summary>The first storage of one side that is, on this machine, the same file or device as one of the other side; null where none is.</summary>
    public static (string One, string Other)? FindSame(IReadOnlyList<string> side, IReadOnlyList<string> otherSide)
    {
        foreach (var one in side)
        {
            if (otherSide.FirstOrDefault(other => other.Length > 0 && AreTheSame(one, other)) is { } same)
            {
                return (one, same);
            }
        }

        return null;
    }

    private static bool AreTheSame(string one, string other)
    {
        if (StorageFiles.TryIdentify(one) is { } identity)
        {
            return identity == StorageFiles.TryIdentify(other);
        }

        // Neither can be there yet; the same path would become the same file.
        return StorageFiles.TryIdentify(other) is null && Path.GetFullPath(one) == Path.GetFullPath(other);
    }
}
