using MirrorTools.Agent.Control.Errors;
using MirrorTools.Contracts.Errors;
using MirrorTools.Contracts.Pairs;

namespace MirrorTools.Agent.Pairs;

/// <summary>What the copy services have in common and what not: a setting that a service does not use is refused rather than ignored.</summary>
internal static class ServiceSettings
{
    /// <summary>Refuses a service that this agent does not have.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.CopyServiceNotSupported"/>.</exception>
    public static void CheckHere(CopyService service)
    {
        if (service is not (CopyService.Flashcopy or CopyService.AsyncCopy))
        {
            throw new ControlException(ErrorIds.CopyServiceNotSupported, $"This agent does not have the copy service {service}.", service.ToString());
        }
    }

    /// <summary>Refuses settings that a service does not use; one that is null was not given.</summary>
    /// <exception cref="ControlException"><see cref="ErrorIds.ParameterNotUsedByService"/>.</exception>
    public static void CheckUsed(CopyService service, string pair, string? writePolicy, string? collisionPolicy, string? hardeningMethod, long? maximumIncrementMs)
    {
        var unused = service == CopyService.AsyncCopy
            ? Given(writePolicy, "-WritePolicy") ?? Given(hardeningMethod, "-HardeningMethod")
            : Given(collisionPolicy, "-CollisionPolicy") ?? Given(hardeningMethod, "-HardeningMethod") ?? Given(maximumIncrementMs, "-MaximumIncrement");
        if (unused is not null)
        {
            throw new ControlException(ErrorIds.ParameterNotUsedByService, $"{service} does not use {unused}.", pair) { Remedy = $"Leave {unused} out." };
        }
    }

    private static string? Given(object? value, string parameter) => value is null ? null : parameter;
}
