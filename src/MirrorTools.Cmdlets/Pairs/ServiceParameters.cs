using System.Management.Automation;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Cmdlets.Pairs;

/// <summary>Which parameters each copy service does not use; given all the same, they are refused rather than ignored.</summary>
internal static class ServiceParameters
{
    private static readonly HashSet<string> Storages = new(StringComparer.OrdinalIgnoreCase) { "FirstIntermediate", "SecondIntermediate" };

    private static readonly Dictionary<CopyService, string[]> Unused = new()
    {
        [CopyService.Flashcopy] = ["CollisionPolicy", "HardeningMethod", "MaximumIncrement"],
        [CopyService.AsyncCopy] = ["WritePolicy", "HardeningMethod"],
        [CopyService.SyncCache] = ["FirstIntermediate", "SecondIntermediate", "WritePolicy", "WriteDeadline", "RunTimer", "MaximumIncrement", "CollisionPolicy", "Schedule", "RetainPoints"],
    };

    /// <summary>Refuses the first parameter that was given and is not used.</summary>
    /// <param name="service">The pair's copy service.</param>
    /// <param name="given">The names of the parameters that were given a value.</param>
    /// <param name="target">The pair's name.</param>
    /// <exception cref="MirrorApiException">
    /// <see cref="ErrorIds.StorageNotUsedByService"/> or <see cref="ErrorIds.ParameterNotUsedByService"/>.
    /// </exception>
    public static void Check(CopyService service, IEnumerable<string> given, string target)
    {
        var unused = given.FirstOrDefault(name => Unused[service].Contains(name, StringComparer.OrdinalIgnoreCase));
        if (unused is null)
        {
            return;
        }

        var uses = string.Join(" and ", Unused.Where(other => !other.Value.Contains(unused)).Select(other => other.Key.ToString()));
        throw MirrorApiException.Create(
            Storages.Contains(unused) ? ErrorIds.StorageNotUsedByService : ErrorIds.ParameterNotUsedByService,
            $"The copy service {service} does not use -{unused}.",
            $"Leave -{unused} out; it is for {uses} only.",
            nameof(ErrorCategory.InvalidArgument),
            target);
    }
}
